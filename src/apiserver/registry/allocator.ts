import type { Random } from "../../base/random.ts";

/** Hands out numbers of a range, each to one holder at a time. Addresses and ports of Services come from here. */
export class RangeAllocator {
  readonly #first: number;
  readonly #size: number;
  readonly #random: Random;
  readonly #taken = new Set<number>();

  /** @param range first number, and how many there are */
  constructor(range: { first: number; size: number }, random: Random) {
    this.#first = range.first;
    this.#size = range.size;
    this.#random = random;
  }

  contains(value: number): boolean {
    return Number.isSafeInteger(value) && value >= this.#first && value < this.#first + this.#size;
  }

  has(value: number): boolean {
    return this.#taken.has(value);
  }

  /** Reserves this number; false when it is taken. */
  reserve(value: number): boolean {
    if (this.#taken.has(value)) return false;
    this.#taken.add(value);
    return true;
  }

  /**
   * Reserves any free number, by chance so that a number is not used again soon; numbers below `reserved` places from
   * the start are given last (KEP-3070: the lower band is for people who choose). Undefined when all are taken.
   */
  allocate(reserved = 0): number | undefined {
    const upper = this.#size - reserved;
    return this.#search(reserved, upper) ?? this.#search(0, reserved);
  }

  release(value: number): void {
    this.#taken.delete(value);
  }

  #search(offset: number, size: number): number | undefined {
    if (size <= 0) return undefined;
    const start = Math.floor(this.#random.fraction() * size);
    for (let step = 0; step < size; step++) {
      const value = this.#first + offset + ((start + step) % size);
      if (this.reserve(value)) return value;
    }
    return undefined;
  }
}
