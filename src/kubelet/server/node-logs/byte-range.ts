/** Which bytes of a file a request wants: the whole, some, or none that it has. */
export type ByteRange = "whole" | "unsatisfiable" | { readonly first: number; readonly last: number };

/**
 * Reads a Range header for a file of so many bytes (RFC 9110). Several ranges in one header, and what is no range of bytes, get the
 * whole file, as the standard allows. Pure.
 */
export function byteRange(header: string | undefined, sizeBytes: number): ByteRange {
  const [, from, to] = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/.exec(header ?? "") ?? [];
  if (from === undefined || to === undefined || from + to === "") return "whole";
  if (from === "") {
    const length = Math.min(Number(to), sizeBytes);
    return length === 0 ? "unsatisfiable" : { first: sizeBytes - length, last: sizeBytes - 1 };
  }
  const first = Number(from);
  const last = to === "" ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  if (to !== "" && Number(to) < first) return "whole";
  return first >= sizeBytes ? "unsatisfiable" : { first, last };
}
