import { present } from "../../base/assert.ts";

const CHUNK_BYTES = 256 * 1024;

export interface BytePlace {
  /** Number of the chunk, counted from the first that there ever was. */
  readonly chunk: number;
  readonly start: number;
  readonly length: number;
}

/**
 * Bytes that go in the order in which they came, copied one behind the other into chunks that are used again. Not a Buffer each,
 * nor new memory for those that come: V8 begins a full collection for each 64 MB of memory that was taken since the last one.
 */
export class ByteChunks {
  #chunks: Buffer[] = [];
  /** Number of the first chunk. */
  #first = 0;
  /** Where the last chunk goes on. */
  #end = 0;
  readonly #spare: Buffer[] = [];

  add(bytes: Buffer): BytePlace {
    const { length } = bytes;
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || this.#end + length > chunk.length) {
      chunk =
        (length <= CHUNK_BYTES ? this.#spare.pop() : undefined) ??
        Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, length));
      this.#chunks.push(chunk);
      this.#end = 0;
    }
    const start = this.#end;
    bytes.copy(chunk, start);
    this.#end += length;
    return { chunk: this.#first + this.#chunks.length - 1, start, length };
  }

  copy({ chunk, start, length }: BytePlace): Buffer {
    const bytes = Buffer.allocUnsafeSlow(length);
    present(this.#chunks[chunk - this.#first], "chunk of past bytes").copy(bytes, 0, start, start + length);
    return bytes;
  }

  /** Drops all chunks before this one; all there are when it is undefined. Keeps no more of them than are in use. */
  dropBefore(chunk = this.#first + this.#chunks.length): void {
    const dropped = this.#chunks.slice(0, chunk - this.#first);
    this.#chunks = this.#chunks.slice(dropped.length);
    this.#first = chunk;
    for (const each of dropped) if (each.length === CHUNK_BYTES) this.#spare.push(each);
    this.#spare.length = Math.min(this.#spare.length, this.#chunks.length);
  }
}
