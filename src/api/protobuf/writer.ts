/**
 * Writes a protobuf message from its end to its start, so that the length of a nested message is known when its prefix is
 * written. Fields therefore have to be written in descending order.
 */
export class Writer {
  #buffer = Buffer.allocUnsafe(1024);
  #start = this.#buffer.length;

  /** Bytes written so far. */
  get length(): number {
    return this.#buffer.length - this.#start;
  }

  /** The message. Valid until the next write. */
  bytes(): Buffer {
    return this.#buffer.subarray(this.#start);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[--this.#start] = value;
  }

  /** An unsigned 32-bit integer as a varint. */
  varint(value: number): void {
    if (value < 0x80) {
      this.byte(value);
      return;
    }
    const size = value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
    this.#reserve(size);
    this.#start -= size;
    let position = this.#start;
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[position] = rest;
  }

  /** A signed integer as a 64-bit varint. */
  int64(value: number | bigint): void {
    if (typeof value === "number" && value >= 0 && value <= 0xffffffff) {
      this.varint(value);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    const bytes: number[] = [];
    while (rest >= 0x80n) {
      bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    for (let index = bytes.length - 1; index >= 0; index--) this.byte(bytes[index]!);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#start -= 8;
    this.#buffer.writeDoubleLE(value, this.#start);
  }

  /** A string with its length before it. */
  string(value: string): void {
    const size = Buffer.byteLength(value);
    this.#reserve(size);
    this.#start -= size;
    this.#buffer.write(value, this.#start, size, "utf8");
    this.varint(size);
  }

  /** Bytes with their length before them. */
  chunk(value: Uint8Array): void {
    this.raw(value);
    this.varint(value.length);
  }

  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#start -= value.length;
    this.#buffer.set(value, this.#start);
  }

  #reserve(size: number): void {
    if (size <= this.#start) return;
    const used = this.length;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, used + size));
    this.#buffer.copy(grown, grown.length - used, this.#start);
    this.#start = grown.length - used;
    this.#buffer = grown;
  }
}
