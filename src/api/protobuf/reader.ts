import { ProtobufError } from "./error.ts";

/** How deep messages may nest; JSON schemas in custom resource definitions are the deepest in practice. */
const maximumDepth = 200;

/** Reads protobuf from bytes that nobody has checked: every step is bounded by the message that it is in. */
export class Reader {
  readonly #bytes: Buffer;
  #position: number;
  #end: number;
  #depth: number;

  /** @param from where to start, and how many messages the bytes already lie in */
  constructor(bytes: Buffer, from: { start?: number; depth?: number } = {}) {
    this.#bytes = bytes;
    this.#position = from.start ?? 0;
    this.#end = bytes.length;
    this.#depth = from.depth ?? 0;
  }

  /** How many messages the current position lies in. */
  get depth(): number {
    return this.#depth;
  }

  /** Whether the current message has more. */
  more(): boolean {
    return this.#position < this.#end;
  }

  /** A varint's lowest 32 bits, unsigned. */
  varint(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 70; shift += 7) {
      const byte = this.#byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new ProtobufError("a varint is longer than 10 bytes");
  }

  /** A 64-bit varint as a signed integer: a bigint where a number is not exact. */
  int64(): number | bigint {
    let low = 0;
    let high = 0;
    for (let index = 0; index < 10; index++) {
      const byte = this.#byte();
      const bits = byte & 0x7f;
      if (index < 4) low += bits * 2 ** (7 * index);
      else if (index === 4) {
        low += (bits & 0x0f) * 2 ** 28;
        high = bits >>> 4;
      } else high += bits * 2 ** (7 * index - 32);
      if (byte >= 0x80) continue;
      const value = (high | 0) * 2 ** 32 + low;
      return Number.isSafeInteger(value) ? value : (BigInt(high | 0) << 32n) + BigInt(low);
    }
    throw new ProtobufError("a varint is longer than 10 bytes");
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  string(): string {
    const length = this.varint();
    const start = this.#take(length);
    return this.#bytes.toString("utf8", start, start + length);
  }

  /** Shares memory with the message. */
  chunk(): Buffer {
    const length = this.varint();
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Reads a nested message: inside, `more` ends where the nested message does. */
  nested<T>(read: () => T): T {
    const length = this.varint();
    const start = this.#take(length);
    if (this.#depth >= maximumDepth) throw new ProtobufError(`messages nest deeper than ${maximumDepth} levels`);
    const end = this.#end;
    this.#position = start;
    this.#end = start + length;
    this.#depth++;
    const value = read();
    this.#position = this.#end;
    this.#end = end;
    this.#depth--;
    return value;
  }

  /** Skips a field's value. */
  skip(wireType: number): void {
    if (wireType === 0) this.int64();
    else if (wireType === 1) this.#take(8);
    else if (wireType === 2) this.#take(this.varint());
    else if (wireType === 5) this.#take(4);
    else throw new ProtobufError(`wire type ${wireType} is not supported`);
  }

  #byte(): number {
    if (this.#position >= this.#end) throw new ProtobufError("the message ends inside a field");
    return this.#bytes[this.#position++]!;
  }

  #take(length: number): number {
    const start = this.#position;
    if (length > this.#end - start) throw new ProtobufError("the message ends inside a field");
    this.#position = start + length;
    return start;
  }
}
