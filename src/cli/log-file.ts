import { closeSync, fstatSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { makeDataDirectory } from "./data-directory.ts";

const LOG_BYTES_MAX = 16 * 1024 * 1024;

export interface LogFile {
  readonly file: string;
  write(line: string): void;
  close(): void;
}

/** The program's log in its data directory; one earlier file is kept when it grows too large. */
export function openLog(dataDirectory: string, echo?: (line: string) => void): LogFile {
  makeDataDirectory(dataDirectory);
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
  };
}

/** The whole text of a small log. */
export function readLog(file: string): string {
  return readFileSync(file, "utf8").trimEnd();
}
