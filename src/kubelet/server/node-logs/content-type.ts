/** Control characters that texts have: tab, line feed, form feed, carriage return, escape. */
const IN_TEXTS: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x1b]);
const GZIP = Buffer.from([0x1f, 0x8b, 0x08]);

/** How much of a file is looked at. */
export const SNIFFED_BYTES = 512;

/** What a log file is, by its first bytes, as the standard of sniffing (and Go) tells binary files. Never a page: what was logged must not run in who looks at it. Pure. */
export function contentTypeOf(start: Buffer): string {
  if (start.subarray(0, GZIP.length).equals(GZIP)) return "application/x-gzip";
  const isBinary = start.some((byte) => byte < 0x20 && !IN_TEXTS.has(byte));
  return isBinary ? "application/octet-stream" : "text/plain; charset=utf-8";
}
