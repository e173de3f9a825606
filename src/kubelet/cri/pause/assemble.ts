/**
 * One line of a listing: a label, or bytes that may depend on how far away labels are. `distance` answers the offset of a
 * label minus the offset of this line's first byte.
 */
export type Line =
  | { readonly label: string }
  | { readonly bytes: number; readonly encode: (distance: (label: string) => number) => Buffer };

/** Puts lines one after another and fills in distances. An unknown label is an error. */
export function assemble(listing: readonly Line[]): Buffer {
  const labels = new Map<string, number>();
  let offset = 0;
  for (const line of listing) {
    if ("label" in line) labels.set(line.label, offset);
    else offset += line.bytes;
  }
  const parts: Buffer[] = [];
  let at = 0;
  for (const line of listing) {
    if ("label" in line) continue;
    const start = at;
    parts.push(
      line.encode((label) => {
        const target = labels.get(label);
        if (target === undefined) throw new RangeError(`no label ${label}`);
        return target - start;
      }),
    );
    at += line.bytes;
  }
  return Buffer.concat(parts);
}

/** Bytes written in hex. */
export function hex(text: string): Line {
  const encoded = Buffer.from(text.replaceAll(" ", ""), "hex");
  return { bytes: encoded.length, encode: () => encoded };
}
