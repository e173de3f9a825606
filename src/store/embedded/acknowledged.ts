import { closeSync, constants, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";

/**
 * How far the store has acknowledged writes, in a small file beside the database. The log alone cannot tell: when its last
 * transaction goes bad, it looks like one that a crash cut short, and an older log, or an older database, looks whole.
 *
 * It is written when a commit has been synchronized, before anybody hears of the commit, and is not synchronized itself: so it
 * survives the end of the process, and after a power cut it can be older than the database, never newer. A store without
 * it is believed.
 */
export interface Acknowledged {
  readonly revision: number;
  /** Of the row of that revision. */
  readonly checksum: number;
}

export interface AcknowledgedFile {
  note(acknowledged: Acknowledged): void;
  /** What was noted beyond this revision was not acknowledged after all, and may go. Synchronized: see above. */
  retract(revision: number): void;
  close(): void;
}

const LINE = /^(acknowledged through revision (\d{16}), row ([0-9a-f]{8})), check ([0-9a-f]{8})\n$/;

/** Undefined when nothing was noted. What was damaged says nothing of the database, so it is no reason to refuse that. */
export function readAcknowledged(path: string): Acknowledged | "damaged" | undefined {
  let text: string;
  try {
    text = readFileSync(path, "latin1");
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT" ? undefined : "damaged";
  }
  if (text === "") return undefined;
  const [, line = "", revision, checksum = "", check] = LINE.exec(text) ?? [];
  if (check !== hexadecimal(crc32(line))) return "damaged";
  return { revision: Number(revision), checksum: Number.parseInt(checksum, 16) };
}

/** For the one that writes the database. */
export function openAcknowledgedFile(path: string): AcknowledgedFile {
  const found = readAcknowledged(path);
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  let through = typeof found === "object" ? found.revision : 0;
  if (found === "damaged") ftruncateSync(file);
  return {
    note({ revision, checksum }) {
      const line = `acknowledged through revision ${String(revision).padStart(16, "0")}, row ${hexadecimal(checksum)}`;
      // All lines are of one length, so each replaces the one before.
      writeSync(file, `${line}, check ${hexadecimal(crc32(line))}\n`, 0, "latin1");
      through = revision;
    },
    retract(revision) {
      if (through <= revision) return;
      ftruncateSync(file);
      fsyncSync(file);
      through = 0;
    },
    close: () => closeSync(file),
  };
}

function hexadecimal(number: number): string {
  return number.toString(16).padStart(8, "0");
}
