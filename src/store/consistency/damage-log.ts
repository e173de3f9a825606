import { readFileSync, writeFileSync } from "node:fs";

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/**
 * Flips a bit in the last frame of a write-ahead log that SQLite would read, as a bad disk might. False when there is none.
 * @param at where in the frame's page
 */
export function damageLastFrame(log: string, at = 1000): boolean {
  const bytes = readFileSync(log);
  if (bytes.length <= HEADER_BYTES) return false;
  const salts = bytes.subarray(16, 24);
  const frameBytes = FRAME_HEADER_BYTES + bytes.readUInt32BE(8);
  let last = -1;
  for (let frame = HEADER_BYTES; frame + frameBytes <= bytes.length; frame += frameBytes) {
    if (!bytes.subarray(frame + 8, frame + 16).equals(salts)) break;
    last = frame;
  }
  if (last < 0) return false;
  bytes[last + FRAME_HEADER_BYTES + at]! ^= 1;
  writeFileSync(log, bytes);
  return true;
}
