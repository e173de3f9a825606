/** One entry of a tar archive; directories end with a slash and have no content. */
export interface TarEntry {
  readonly name: string;
  readonly mode?: number;
  readonly content?: Buffer;
  /** Set for a symbolic link. */
  readonly linkTarget?: string;
}

const BLOCK_BYTES = 512;

/** A POSIX ustar archive of entries that root owns, with zero times, so that equal entries give equal bytes. */
export function writeTar(entries: readonly TarEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const content = entry.content ?? Buffer.alloc(0);
    parts.push(header(entry, content.length), content, padding(content.length));
  }
  parts.push(Buffer.alloc(2 * BLOCK_BYTES));
  return Buffer.concat(parts);
}

function header(entry: TarEntry, sizeBytes: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  const name = Buffer.from(entry.name);
  if (name.length > 100) throw new RangeError(`tar: the name ${entry.name} is longer than 100 bytes`);
  const isDirectory = entry.name.endsWith("/");
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  name.copy(block, 0);
  block.write(`${octal(entry.mode ?? (isDirectory ? 0o755 : 0o644), 7)}\0`, 100);
  block.write(`${octal(0, 7)}\0${octal(0, 7)}\0`, 108);
  block.write(`${octal(sizeBytes, 11)}\0${octal(0, 11)}\0`, 124);
  block.write(" ".repeat(8), 148);
  block.write(entry.linkTarget !== undefined ? "2" : isDirectory ? "5" : "0", 156);
  block.write(entry.linkTarget ?? "", 157, 100);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}

function padding(sizeBytes: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES);
}
