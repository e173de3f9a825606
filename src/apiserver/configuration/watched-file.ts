import { readFile } from "node:fs/promises";
import { errorMessage } from "../../base/assert.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import { ConfigurationFileError } from "./parse-file.ts";

export interface WatchedFileOptions<T> {
  readonly file: string;
  /** How messages name it: its flag. */
  readonly what: string;
  /** Makes what the file says come true. May throw: then what was true stays. */
  load(text: string): Promise<T>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A file that is read again when it changes. */
export interface WatchedFile<T> {
  /** What the last good content became. */
  current(): T;
  /** How often new content was taken, and how often it was no good. */
  readonly reloads: { readonly taken: number; readonly refused: number };
  /** Looks now. Resolves when what it found is in force, or was refused. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** How soon a change is seen. The file is small and read from the page cache: no watch that misses replaced files. */
const POLL_MS = 5_000;

/** Resolves when the file is in force. @throws ConfigurationFileError when it cannot be read, and whatever `load` throws */
export async function watchFile<T>(options: WatchedFileOptions<T>): Promise<WatchedFile<T>> {
  const { file, what, clock, log } = options;
  const stopping = new AbortController();
  const reloads = { taken: 0, refused: 0 };
  let text = await readText(file, what);
  let current = await options.load(text);

  async function check(): Promise<void> {
    let found = text;
    try {
      found = await readText(file, what);
      if (found === text) return;
      current = await options.load(found);
      reloads.taken++;
      log.info("a configuration file was read again", { file, flag: what });
    } catch (error) {
      reloads.refused++;
      log.error("a configuration file is no good; what it said before stays in force", {
        file,
        flag: what,
        why: errorMessage(error),
      });
    }
    text = found;
  }

  let checking = Promise.resolve();
  const checkOnce = (): Promise<void> => {
    checking = checking.then(check);
    return checking;
  };
  const polling = (async () => {
    while (!stopping.signal.aborted) {
      await sleep(clock, POLL_MS, stopping.signal);
      if (!stopping.signal.aborted) await checkOnce();
    }
  })();
  return {
    current: () => current,
    reloads,
    check: checkOnce,
    async close() {
      stopping.abort();
      await polling;
    },
  };
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new ConfigurationFileError(`${what}: cannot read ${file}: ${errorMessage(error)}`, { cause: error });
  }
}
