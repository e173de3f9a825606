/**
 * Memory that two threads see, for what one of them hands the other in order and gets back in the same order. Each piece is in one
 * part. New memory for each piece would cost more than to copy into it.
 */
export class SharedRoom {
  readonly memory: SharedArrayBuffer;
  readonly #bytes: Buffer;
  /** What is taken, oldest first, by where it ends. */
  readonly #ends: number[] = [];
  /** Where the oldest begins, and where the next one may. */
  #begin = 0;
  #end = 0;

  /** @param size in bytes. What was never written to takes no memory. */
  constructor(size: number) {
    this.memory = new SharedArrayBuffer(size);
    this.#bytes = Buffer.from(this.memory);
  }

  /** So many bytes; undefined when there is no part as large. */
  take(length: number): Buffer | undefined {
    const at = this.#place(length);
    if (at === undefined) return undefined;
    this.#end = at + length;
    this.#ends.push(this.#end);
    return this.#bytes.subarray(at, this.#end);
  }

  /** The oldest piece that was taken is free again. */
  giveBack(): void {
    this.#begin = this.#ends.shift() ?? 0;
  }

  #place(length: number): number | undefined {
    if (this.#ends.length === 0) this.#begin = this.#end = 0;
    const size = this.#bytes.length;
    // Taken is what lies between, or what does not.
    const isWhole = this.#ends.length === 0 || this.#begin < this.#end;
    if (!isWhole) return this.#end + length <= this.#begin ? this.#end : undefined;
    if (this.#end + length <= size) return this.#end;
    return length <= this.#begin ? 0 : undefined;
  }
}
