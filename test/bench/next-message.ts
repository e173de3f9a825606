import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** What a process says next. @throws Error when it ends before that, or when the signal aborts */
export async function nextMessage(child: ChildProcess, what: string, signal?: AbortSignal): Promise<unknown> {
  const over = new AbortController();
  const until = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  const ended = once(child, "exit", { signal: until }).then(([code, killed]) => {
    throw new Error(`${what} ended with ${code ?? killed} and no result`);
  });
  ended.catch(() => {});
  try {
    const [said] = await Promise.race([once(child, "message", { signal: until }), ended]);
    return said;
  } finally {
    over.abort();
  }
}
