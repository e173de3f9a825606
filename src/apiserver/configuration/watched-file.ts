import { readFile } from "node:fs/promises";
import { errorMessage } from "../../base/assert.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { ReloadObserver } from "../metrics/reload-metrics.ts";
import { ConfigurationFileError } from "./parse-file.ts";

export interface WatchedFilesOptions<T> {
  readonly files: readonly string[];
  /** How messages name them: their flag. */
  readonly what: string;
  /** Makes what the files say come true. May throw: then what was true stays. */
  load(texts: readonly string[]): Promise<T> | T;
  /** Told when something else is in force; not at the start. */
  readonly onChange?: () => void;
  /** Told how each change came into use, or could not; with what is in use then. */
  readonly reloaded?: ReloadObserver | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface WatchedFileOptions<T> extends Omit<WatchedFilesOptions<T>, "files" | "load"> {
  readonly file: string;
  load(text: string): Promise<T>;
}

/** A file that is read again when it changes. */
export interface WatchedFile<T> {
  /** What the last good content became. */
  current(): T;
  /** Looks now. Resolves when what it found is in force, or was refused. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** How soon a change is seen. The file is small and read from the page cache: no watch that misses replaced files. */
const POLL_MS = 5_000;

/** Resolves when the file is in force. @throws ConfigurationFileError when it cannot be read, and whatever `load` throws */
export function watchFile<T>({ file, load, ...rest }: WatchedFileOptions<T>): Promise<WatchedFile<T>> {
  return watchFiles({ ...rest, files: [file], load: ([text]) => load(text!) });
}

/** The same for files that count together only: of a pair, one is always replaced before the other. */
export async function watchFiles<T>(options: WatchedFilesOptions<T>): Promise<WatchedFile<T>> {
  const { files, what, clock, log } = options;
  const stopping = new AbortController();
  let texts = await readTexts(files, what);
  let current = await options.load(texts);
  let problem: string | undefined;

  async function check(): Promise<void> {
    let found = texts;
    try {
      found = await readTexts(files, what);
      const isOld = isSame(found, texts);
      if (!isOld) current = await options.load(found);
      problem = undefined;
      if (isOld) return;
      log.info("a configuration file was read again", { file: files.join(", "), flag: what });
      options.reloaded?.("success", found.join(""));
      options.onChange?.();
    } catch (error) {
      const why = errorMessage(error);
      // A file that stays away is told once.
      if (why !== problem) {
        options.reloaded?.("failure");
        const message = "a configuration file is no good; what it said before stays in force";
        log.error(message, { file: files.join(", "), flag: what, why });
      }
      problem = why;
    }
    texts = found;
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
    check: checkOnce,
    async close() {
      stopping.abort();
      await polling;
    },
  };
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.every((text, index) => text === others[index]);
}

function readTexts(files: readonly string[], what: string): Promise<string[]> {
  return Promise.all(files.map((file) => readText(file, what)));
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new ConfigurationFileError(`${what}: cannot read ${file}: ${errorMessage(error)}`, { cause: error });
  }
}
