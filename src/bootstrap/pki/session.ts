import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { writePrivate } from "./pki-files.ts";

/** One look at the PKI's directory, with what it wrote. */
export interface PkiSession {
  readonly directory: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Paths of the files that were made or renewed. */
  readonly written: string[];
}

const DAY_MS = 24 * 60 * 60 * 1000;
export const LEAF_LIFETIME_MS = 365 * DAY_MS;
export const AUTHORITY_LIFETIME_MS = 3650 * DAY_MS;
/** Clocks of machines differ a little. */
const BACKDATE_MS = 5 * 60 * 1000;

export function lifetime(session: PkiSession, lengthMs: number): { notBefore: number; notAfter: number } {
  const now = session.clock.now();
  return { notBefore: now - BACKDATE_MS, notAfter: now + lengthMs };
}

export function write(session: PkiSession, path: string, text: string, durable: boolean): void {
  writePrivate(path, text, durable);
  session.written.push(path);
}
