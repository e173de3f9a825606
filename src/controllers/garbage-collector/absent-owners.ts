/** Owners that are known to be gone, the last few of them: uids never come back, so that need not be asked again. */
export class AbsentOwners {
  readonly #capacity: number;
  readonly #known = new Set<string>();

  constructor(capacity = 500) {
    this.#capacity = capacity;
  }

  add(id: string): void {
    this.#known.delete(id);
    this.#known.add(id);
    if (this.#known.size > this.#capacity) this.#known.delete(this.#known.values().next().value!);
  }

  has(id: string): boolean {
    return this.#known.has(id);
  }
}
