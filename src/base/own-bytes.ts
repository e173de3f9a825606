/**
 * Bytes in memory of their own, for what is kept. What `Buffer.from` makes of little is a part of 64 KB that Node fills with whatever
 * comes: one kept copy of a few bytes keeps them all, and has what was sent beside it collected with the old.
 *
 * @param from text is written as UTF-8; bytes are copied
 */
export function ownBytes(from: string | Uint8Array): Buffer {
  if (typeof from === "string") {
    const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(from));
    bytes.write(from);
    return bytes;
  }
  const bytes = Buffer.allocUnsafeSlow(from.length);
  bytes.set(from);
  return bytes;
}
