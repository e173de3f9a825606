const WORD_BITS = 30;

/** Hands out the addresses of an IPv4 range, the next free one each time, as host-local does. */
export class AddressPool {
  readonly #cidr: string;
  readonly #first: number;
  readonly #size: number;
  /** A bit an address that is in use. Not a Set: thousands of simulated nodes have one each. */
  readonly #used: number[] = [];
  #last = 1;

  /** @param cidr e.g. `10.244.0.0/24`; its first address is the gateway's */
  constructor(cidr: string) {
    const [base = "", prefix = "24"] = cidr.split("/");
    this.#cidr = cidr;
    this.#first = numberOf(base);
    this.#size = 2 ** (32 - Number(prefix));
  }

  /** @throws RangeError when none is left */
  take(): string {
    const size = this.#size;
    for (let step = 1; step <= size; step++) {
      const candidate = ((this.#last + step - 1) % size) + 1;
      if (candidate < 2 || candidate >= size - 1 || this.#isUsed(candidate)) continue;
      this.#mark(candidate, true);
      this.#last = candidate;
      return text(this.#first + candidate);
    }
    throw new RangeError(`no address is left in ${this.#cidr}`);
  }

  give(address: string): void {
    this.#mark(numberOf(address) - this.#first, false);
  }

  #isUsed(index: number): boolean {
    return ((this.#used[Math.floor(index / WORD_BITS)] ?? 0) & (1 << (index % WORD_BITS))) !== 0;
  }

  #mark(index: number, isUsed: boolean): void {
    const word = Math.floor(index / WORD_BITS);
    if (word < 0 || index >= this.#size) return;
    while (this.#used.length <= word) this.#used.push(0);
    const bit = 1 << (index % WORD_BITS);
    this.#used[word] = isUsed ? this.#used[word]! | bit : this.#used[word]! & ~bit;
  }
}

function numberOf(address: string): number {
  return address.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

function text(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
