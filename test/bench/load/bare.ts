import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nextMessage } from "../next-message.ts";
import { liveMbOf, OBSERVING } from "../observer.ts";
import type { ApiServer } from "./api-server.ts";
import type { Target } from "./job.ts";

const PROCESS = join(import.meta.dirname, "bare-process.ts");

export interface BareServer {
  readonly target: Target;
  readonly pid: number;
  liveMb(): Promise<number>;
}

/** What the bare loop answers (a text or so many bytes a path), or writes to all who hold a stream. */
interface BareOptions {
  readonly bodies?: Readonly<Record<string, string | number>>;
  readonly event?: string;
}

/**
 * Measures on the bare loop what was measured on our own server. It has the serving certificate of that one, whose authority
 * clients believe already. A peer has no bare loop, and nothing is measured.
 */
export async function onBare<T>(
  { own, user }: ApiServer,
  options: BareOptions,
  measure: (bare: BareServer) => Promise<T>,
): Promise<T | undefined> {
  if (own === undefined) return undefined;
  const child = fork(PROCESS, { stdio: ["ignore", "inherit", "inherit", "ipc"], execArgv: [...OBSERVING] });
  const exited = once(child, "exit");
  const file = (name: string): string => readFileSync(join(own.dataDirectory, "pki", name), "utf8");
  const { bodies = {}, event = "\n" } = options;
  // It says hello when it listens: what is sent before that, the observer in it would take.
  await nextMessage(child, "the bare loop");
  child.send({ key: file("apiserver.key"), cert: file("apiserver.crt"), bodies, event });
  const { port } = (await nextMessage(child, "the bare loop")) as { port: number };
  const target = { url: `https://127.0.0.1:${port}`, certificateAuthority: user.certificateAuthority };
  try {
    return await measure({ target, pid: child.pid ?? 0, liveMb: () => liveMbOf(child) });
  } finally {
    child.disconnect();
    await exited;
  }
}
