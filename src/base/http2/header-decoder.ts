import { ownBytes } from "../own-bytes.ts";
import { COMPRESSION_ERROR, ConnectionError } from "./frames.ts";
import { type HeaderField, HeaderTable, STATIC_FIELDS, sizeOf, TABLE_BYTES } from "./header-table.ts";
import { decodeHuffman } from "./huffman.ts";

/** Blocks like one that came before, as long as the table is the same, are not read again: clients repeat themselves. */
const REMEMBERED_BLOCKS = 32;
const REMEMBERED_BLOCK_BYTES = 2048;
const LONG_TEXT_BYTES = 64;
const REMEMBERED_TEXTS = 8;
/** So many of their bytes say which they may be: the path stands there, whatever token comes after it. */
const KEY_BYTES = 96;

/** Reads the header blocks of one connection (HPACK, RFC 7541). */
export class HeaderDecoder<T> {
  readonly #table = new HeaderTable();
  readonly #listBytesMax: number;
  readonly #made: (fields: readonly HeaderField[], isTooLarge: boolean) => T;
  /** By what they begin with: a hash value of a whole block, with a token in it, would cost more than to compare it. */
  readonly #blocks = new Map<number, { readonly bytes: Buffer; readonly made: T }>();
  /** Long ones that are in no table: tokens mostly, which many clients let nobody remember. */
  readonly #texts = new Map<number, { readonly bytes: Buffer; readonly text: string }>();
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #isTableChanged = false;

  /**
   * @param listBytesMax of one block's headers, as RFC 9113 counts them; the rest is read and dropped
   * @param made what is made of the headers of a block; it may be given for several blocks that say the same
   */
  constructor(listBytesMax: number, made: (fields: readonly HeaderField[], isTooLarge: boolean) => T) {
    this.#listBytesMax = listBytesMax;
    this.#made = made;
  }

  /** @throws ConnectionError: after that nobody knows what the table holds */
  decode(block: Buffer): T {
    const key = block.length > REMEMBERED_BLOCK_BYTES ? undefined : keyOf(block);
    const known = key === undefined ? undefined : this.#blocks.get(key);
    if (known?.bytes.equals(block) === true) return known.made;
    this.#bytes = block;
    this.#at = 0;
    this.#isTableChanged = false;
    const fields: HeaderField[] = [];
    let size = 0;
    for (;;) {
      const field = this.#next(fields.length === 0 && size === 0);
      if (field === undefined) break;
      size += sizeOf(field);
      if (size <= this.#listBytesMax) fields.push(field);
    }
    const made = this.#made(fields, size > this.#listBytesMax);
    if (this.#isTableChanged) this.#blocks.clear();
    else if (key !== undefined) {
      if (this.#blocks.size >= REMEMBERED_BLOCKS) this.#blocks.clear();
      this.#blocks.set(key, { bytes: ownBytes(block), made });
    }
    return made;
  }

  /** Undefined at the end of the block. */
  #next(isFirst: boolean): HeaderField | undefined {
    while (this.#at < this.#bytes.length) {
      const first = this.#bytes[this.#at]!;
      if ((first & 0x80) !== 0) return this.#fieldAt(this.#integer(7));
      if ((first & 0x40) !== 0) {
        const field = this.#literal(6);
        this.#table.add(field);
        this.#isTableChanged = true;
        return field;
      }
      if ((first & 0x20) === 0) return this.#literal(4);
      const size = this.#integer(5);
      if (!isFirst || size > TABLE_BYTES) throw wrong("a table of another size than was agreed on");
      this.#table.resize(size);
      this.#isTableChanged = true;
    }
    return undefined;
  }

  #literal(prefixBits: number): HeaderField {
    const index = this.#integer(prefixBits);
    const name = index === 0 ? this.#text() : this.#fieldAt(index).name;
    return { name, value: this.#text() };
  }

  #fieldAt(index: number): HeaderField {
    const field =
      index <= STATIC_FIELDS.length ? STATIC_FIELDS[index - 1] : this.#table.at(index - STATIC_FIELDS.length - 1);
    if (field === undefined) throw wrong(`a header at index ${index}, where there is none`);
    return field;
  }

  #text(): string {
    const isCoded = ((this.#bytes[this.#at] ?? 0) & 0x80) !== 0;
    const length = this.#integer(7);
    const start = this.#at;
    const end = start + length;
    if (end > this.#bytes.length) throw wrong("a text that is longer than its block");
    this.#at = end;
    if (!isCoded) return this.#bytes.toString("latin1", start, end);
    if (length < LONG_TEXT_BYTES || length > REMEMBERED_BLOCK_BYTES) return decoded(this.#bytes, start, end);
    const bytes = this.#bytes.subarray(start, end);
    const key = keyOf(bytes);
    const known = this.#texts.get(key);
    if (known?.bytes.equals(bytes) === true) return known.text;
    const text = decoded(this.#bytes, start, end);
    if (this.#texts.size >= REMEMBERED_TEXTS) this.#texts.clear();
    this.#texts.set(key, { bytes: ownBytes(bytes), text });
    return text;
  }

  #integer(prefixBits: number): number {
    const mask = 2 ** prefixBits - 1;
    if (this.#at >= this.#bytes.length) throw wrong("a number that is cut off");
    let value = this.#bytes[this.#at++]! & mask;
    if (value < mask) return value;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined || factor > 2 ** 28) throw wrong("a number that is cut off or too large");
      value += (byte & 0x7f) * factor;
      if ((byte & 0x80) === 0) return value;
    }
  }
}

/** Tells most of what a client sends again apart. */
function keyOf(bytes: Buffer): number {
  const end = Math.min(bytes.length, KEY_BYTES);
  let key = bytes.length;
  for (let at = 0; at < end; at++) key = Math.imul(key ^ bytes[at]!, 0x01000193);
  return key;
}

function decoded(bytes: Buffer, start: number, end: number): string {
  // The shortest code has five bits.
  const target = roomFor((end - start) * 2);
  const length = decodeHuffman(bytes, { start, end }, target);
  if (length === undefined) throw wrong("a text in no known code");
  return target.toString("latin1", 0, length);
}

let room = Buffer.alloc(0);

function roomFor(bytes: number): Buffer {
  if (room.length < bytes) room = Buffer.allocUnsafeSlow(Math.max(4096, bytes));
  return room;
}

function wrong(what: string): ConnectionError {
  return new ConnectionError(COMPRESSION_ERROR, `a header block has ${what}`);
}
