/** A section of a 64-bit little-endian ELF file. */
export interface Section {
  readonly name: string;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
}

/**
 * Reads the section headers.
 *
 * @throws Error when the bytes are no 64-bit little-endian ELF file
 */
export function readSections(file: Buffer): Map<string, Section> {
  if (file.length < 64 || file.toString("latin1", 0, 4) !== "\x7fELF" || file[4] !== 2 || file[5] !== 1) {
    throw new Error("not a 64-bit little-endian ELF file");
  }
  const tableOffset = Number(file.readBigUInt64LE(40));
  const entrySize = file.readUInt16LE(58);
  const count = file.readUInt16LE(60);
  const namesIndex = file.readUInt16LE(62);
  const entries = Array.from({ length: count }, (_, index) => {
    const entry = tableOffset + index * entrySize;
    return {
      nameOffset: file.readUInt32LE(entry),
      address: Number(file.readBigUInt64LE(entry + 16)),
      offset: Number(file.readBigUInt64LE(entry + 24)),
      size: Number(file.readBigUInt64LE(entry + 32)),
    };
  });
  const names = entries[namesIndex];
  if (names === undefined) throw new Error("ELF file without section names");
  return new Map(
    entries.map(({ nameOffset, ...section }) => {
      const start = names.offset + nameOffset;
      const name = file.toString("latin1", start, file.indexOf(0, start));
      return [name, { name, ...section }];
    }),
  );
}
