import { HeaderTable, STATIC_FIELDS, sizeOf, TABLE_BYTES } from "./header-table.ts";

/** Different with every answer or request: to remember them would push out what comes again. */
const PASSING = new Set([":path", "audit-id", "content-length", "etag", "location", "set-cookie", "warning"]);
/** No more of the table for one header of an answer. */
const REMEMBERED_BYTES = TABLE_BYTES / 4;
/** What HTTP does not let into a value. */
const WRONG_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const WRONG_NAME = /[^!#$%&'*+\-.^_`|~0-9a-z]/;

const staticNames = new Map<string, number>();
for (const [index, { name }] of STATIC_FIELDS.entries()) if (!staticNames.has(name)) staticNames.set(name, index + 1);
const staticStatuses = new Map(
  STATIC_FIELDS.flatMap(({ name, value }, index) => (name === ":status" ? [[value, index + 1] as const] : [])),
);

/** More than any answer needs, and less than an output block has. */
const HEADERS_LENGTH_MAX = 64 * 1024;

/** The last value of each header that was found right: most answers say the same. */
const right = new Map<string, string>();
const NAMES_REMEMBERED = 256;
const REMEMBERED_LENGTH = 256;

/** @throws TypeError when a name or a value is none in HTTP, or all are too long together */
export function checkHeaders(headers: readonly string[]): void {
  let length = 0;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!;
    const value = headers[index + 1]!;
    length += name.length + value.length;
    if (length > HEADERS_LENGTH_MAX) throw new TypeError("the headers of an answer are too long");
    if (right.get(name) !== value) checkHeader(name, value);
  }
}

function checkHeader(name: string, value: string): void {
  const isKnown = right.has(name);
  if (!isKnown && WRONG_NAME.test(name)) throw new TypeError(`${name} is no name of a header`);
  if (WRONG_VALUE.test(value)) throw new TypeError(`the header ${name} has a character that HTTP does not let in`);
  if (value.length <= REMEMBERED_LENGTH && (isKnown || right.size < NAMES_REMEMBERED)) right.set(name, value);
}

/** What is as short as that is written sooner than native code is called. */
const SHORT_LENGTH = 40;

/** Writes the header blocks of one connection (HPACK, RFC 7541), without Huffman's code: what comes again takes a byte anyway. */
export class HeaderEncoder {
  #table = new HeaderTable();
  /** The table's number of each value, by name. */
  readonly #known = new Map<string, Map<string, number>>();
  #bytes: Buffer = Buffer.allocUnsafeSlow(1024);
  #length = 0;
  /** To be told with the next block. */
  #newSize: number | undefined;
  readonly #rememberedBytes: number;

  /** @param rememberedBytes a longer header is not put into the table */
  constructor(rememberedBytes = REMEMBERED_BYTES) {
    this.#rememberedBytes = rememberedBytes;
  }

  /** The peer keeps a smaller table, or a larger one, which we do not need. */
  limitTable(bytes: number): void {
    const size = Math.min(bytes, TABLE_BYTES);
    this.#table.resize(size);
    this.#newSize = size;
  }

  /**
   * Names in lower case and values in turn (`checkHeaders` has seen those of an answer), after its code; a request has none. What is
   * answered is valid until the next call.
   */
  encode(code: number | undefined, headers: readonly string[]): Buffer {
    this.#length = 0;
    if (this.#newSize !== undefined) {
      this.#integer(this.#newSize, 5, 0x20);
      this.#newSize = undefined;
    }
    if (code !== undefined) this.#status(String(code));
    for (let index = 0; index < headers.length; index += 2) this.#field(headers[index]!, headers[index + 1]!);
    return this.#bytes.subarray(0, this.#length);
  }

  #status(code: string): void {
    const known = staticStatuses.get(code);
    if (known === undefined) this.#field(":status", code);
    else this.#integer(known, 7, 0x80);
  }

  #field(name: string, value: string): void {
    const number = this.#known.get(name)?.get(value);
    const index = number === undefined ? undefined : this.#table.indexOf(number);
    if (index !== undefined) return void this.#integer(STATIC_FIELDS.length + 1 + index, 7, 0x80);
    const isKept = !PASSING.has(name) && sizeOf({ name, value }) <= this.#rememberedBytes;
    const nameIndex = staticNames.get(name) ?? 0;
    if (isKept) this.#integer(nameIndex, 6, 0x40);
    else this.#integer(nameIndex, 4, 0);
    if (nameIndex === 0) this.#text(name);
    this.#text(value);
    if (isKept) this.#remember(name, value);
  }

  #remember(name: string, value: string): void {
    const number = this.#table.add({ name, value });
    const values = this.#known.get(name);
    if (values === undefined) this.#known.set(name, new Map([[value, number]]));
    else {
      // Of a date there is a new value each second.
      for (const [old, at] of values) if (this.#table.indexOf(at) === undefined) values.delete(old);
      values.set(value, number);
    }
  }

  #text(text: string): void {
    this.#integer(text.length, 7, 0);
    this.#room(text.length);
    if (text.length > SHORT_LENGTH) {
      this.#length += this.#bytes.write(text, this.#length, "latin1");
      return;
    }
    for (let index = 0; index < text.length; index++) this.#bytes[this.#length++] = text.charCodeAt(index);
  }

  #integer(value: number, prefixBits: number, pattern: number): void {
    this.#room(6);
    const mask = 2 ** prefixBits - 1;
    if (value < mask) {
      this.#bytes[this.#length++] = pattern | value;
      return;
    }
    this.#bytes[this.#length++] = pattern | mask;
    let left = value - mask;
    for (; left >= 128; left = Math.floor(left / 128)) this.#bytes[this.#length++] = (left % 128) | 0x80;
    this.#bytes[this.#length++] = left;
  }

  #room(bytes: number): void {
    if (this.#bytes.length - this.#length >= bytes) return;
    const larger = Buffer.allocUnsafeSlow((this.#length + bytes) * 2);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
