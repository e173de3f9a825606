import type { Logger } from "../base/log.ts";
import { CommandError } from "../cli/command.ts";

/** Something that was started and must be stopped again. */
export interface Started {
  stop(how: StopOptions): Promise<void>;
}

export interface StopOptions {
  /** Containers run on, for the next start to find. */
  readonly keepPods: boolean;
}

/** Last started, first stopped; a part that fails to stop is logged and does not keep the others. */
export async function stopAll(started: Started[], how: StopOptions, { log }: { log: Logger }): Promise<void> {
  for (let part = started.pop(); part !== undefined; part = started.pop()) {
    try {
      await part.stop(how);
    } catch (error) {
      log.error("stopping a part failed", { error });
    }
  }
}

/** A promise that rejects when the signal aborts; dispose of it when what it guards is done. */
export function abortedBefore(signal: AbortSignal): { promise: Promise<never>; dispose(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(new CommandError("interrupted before the cluster was ready"));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  promise.catch(() => {});
  return { promise, dispose: () => signal.removeEventListener("abort", abort) };
}
