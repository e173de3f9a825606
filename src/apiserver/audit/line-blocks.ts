/** A block has room for some hundred lines. */
const BLOCK_BYTES = 256 * 1024;
const SPARE_MAX = 2;
/** As long as a character's bytes are at most. */
const CHARACTER_BYTES = 3;

export interface TakenLines {
  /** Whole lines in each. */
  readonly blocks: readonly Buffer[];
  readonly count: number;
}

/** Lines of text in blocks of memory that are used again: strings that wait would be copied by each collection until they are written. */
export class LineBlocks {
  /** What is full, or is longer than a block. */
  #full: Buffer[] = [];
  #block: Buffer | undefined;
  #length = 0;
  #fullBytes = 0;
  #count = 0;
  readonly #spare: Buffer[] = [];

  get bytes(): number {
    return this.#fullBytes + this.#length;
  }

  get count(): number {
    return this.#count;
  }

  add(line: string): void {
    this.#count++;
    const most = line.length * CHARACTER_BYTES + 1;
    if (this.#block !== undefined && this.#length + most > BLOCK_BYTES) this.#putAside();
    if (most > BLOCK_BYTES) {
      const own = Buffer.from(`${line}\n`);
      this.#full.push(own);
      this.#fullBytes += own.length;
      return;
    }
    this.#block ??= this.#spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#length += this.#block.write(line, this.#length);
    this.#block[this.#length++] = 10;
  }

  /** All lines, which are not here any more. */
  takeAll(): TakenLines {
    this.#putAside();
    const taken = { blocks: this.#full, count: this.#count };
    this.#full = [];
    this.#fullBytes = 0;
    this.#count = 0;
    return taken;
  }

  /** When they have been written. */
  giveBack(blocks: readonly Buffer[]): void {
    for (const { buffer } of blocks) {
      if (buffer.byteLength === BLOCK_BYTES && this.#spare.length < SPARE_MAX) {
        this.#spare.push(Buffer.from(buffer, 0, BLOCK_BYTES));
      }
    }
  }

  #putAside(): void {
    if (this.#block === undefined) return;
    this.#full.push(this.#block.subarray(0, this.#length));
    this.#fullBytes += this.#length;
    this.#block = undefined;
    this.#length = 0;
  }
}
