import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";
import { makeDataDirectory } from "./data-directory.ts";

const LOG_BYTES_MAX = 16 * 1024 * 1024;

export interface LogFile {
  readonly file: string;
  write(line: string): void;
  close(): void;
  /** Closes it after a start that failed. One that has left nothing but this log in the data directory leaves nothing. */
  closeFailed(): void;
}

/** The program's log in its data directory; one earlier file is kept when it grows too large. */
export function openLog(dataDirectory: string, echo?: (line: string) => void): LogFile {
  const isNew = !existsSync(dataDirectory);
  makeDataDirectory(dataDirectory);
  const before = readdirSync(dataDirectory);
  const file = join(dataDirectory, "wherry.log");
  let descriptor = openSync(file, "a", 0o600);
  let size = fstatSync(descriptor).size;
  return {
    file,
    write(line) {
      echo?.(line);
      if (size > LOG_BYTES_MAX) {
        closeSync(descriptor);
        renameSync(file, `${file}.1`);
        descriptor = openSync(file, "a", 0o600);
        size = 0;
      }
      size += writeSync(descriptor, line);
    },
    close: () => closeSync(descriptor),
    closeFailed() {
      closeSync(descriptor);
      const made = readdirSync(dataDirectory).filter((name) => !before.includes(name));
      if (made.length !== 1 || made[0] !== basename(file)) return;
      rmSync(file);
      if (isNew) rmdirSync(dataDirectory);
    },
  };
}

/** The whole text of a small log. */
export function readLog(file: string): string {
  return readFileSync(file, "utf8").trimEnd();
}
