import { errorMessage } from "./assert.ts";

const SQLITE_FULL = 13;

/** Why something could not be written, for people: Node and SQLite tell of a full disk without saying what to do. */
export function whyNotWritten(error: unknown): string {
  return isDiskFull(error)
    ? "no room is left on the disk; free some, or choose a place on another one"
    : errorMessage(error);
}

export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT")) return true;
  return "errcode" in error && (Number(error.errcode) & 0xff) === SQLITE_FULL;
}
