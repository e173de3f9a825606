import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import type { Clock, Timer } from "../../../base/clock.ts";

/** Looked at without a hint, for file systems that give none and machines that are out of inotify watches. */
const POLL_MS = 1_000;

export interface FileChanges {
  /** Resolves at the next change since the last call returned, or after a while, or when one of the others ends it. */
  next(): Promise<void>;
  close(): void;
}

/** Hints that the files of a directory have changed. Wakes also when `ended` resolves and when the signal aborts. */
export function fileChanges(
  path: string,
  options: { clock: Clock; ended: Promise<void>; signal: AbortSignal },
): FileChanges {
  let changed = false;
  let wake: (() => void) | undefined;
  const hint = (): void => {
    changed = true;
    wake?.();
  };
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(dirname(path), { persistent: false }, hint);
    watcher.on("error", () => {});
  } catch {
    watcher = undefined;
  }
  options.signal.addEventListener("abort", hint);
  void options.ended.then(hint, hint);
  return {
    async next() {
      let timer: Timer | undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
        timer = options.clock.setTimer(resolve, POLL_MS);
        if (changed || options.signal.aborted) resolve();
      });
      timer?.cancel();
      wake = undefined;
      changed = false;
    },
    close() {
      watcher?.close();
      options.signal.removeEventListener("abort", hint);
      wake?.();
    },
  };
}
