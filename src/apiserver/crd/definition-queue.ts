import type { Clock, Timer } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 60_000;

/** Names of definitions to look at: each once however often it is added, one after the other, again after an error. */
export interface DefinitionQueue {
  add(name: string): void;
  /** Resolves when nothing runs any more. */
  close(): Promise<void>;
}

export function definitionQueue(
  look: (name: string) => Promise<void>,
  { clock, log }: { clock: Clock; log: Logger },
): DefinitionQueue {
  const waiting = new Set<string>();
  const retries = new Map<string, { failures: number; timer: Timer }>();
  let running: Promise<void> | undefined;
  let isClosed = false;

  async function run(): Promise<void> {
    for (const name of waiting) {
      if (isClosed) break;
      waiting.delete(name);
      try {
        await look(name);
        retries.get(name)?.timer.cancel();
        retries.delete(name);
      } catch (error) {
        retryLater(name, error);
      }
    }
    running = undefined;
  }

  function retryLater(name: string, error: unknown): void {
    if (isClosed) return;
    const before = retries.get(name);
    before?.timer.cancel();
    const failures = (before?.failures ?? 0) + 1;
    log.warn("a custom resource definition could not be seen to; it is tried again", { name, error });
    const delayMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
    retries.set(name, { failures, timer: clock.setTimer(() => add(name), delayMs) });
  }

  function add(name: string): void {
    if (isClosed) return;
    waiting.add(name);
    running ??= run();
  }

  return {
    add,
    async close() {
      isClosed = true;
      for (const { timer } of retries.values()) timer.cancel();
      await running;
    },
  };
}
