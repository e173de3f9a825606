import type { Clock } from "../../base/clock.ts";

/** Answers of the API server, kept for a while and in bounded number, and asked for once by all who wait. */
export class AnswerCache<T> {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #entries = new Map<string, { answer: Promise<T>; untilMs: number }>();

  constructor(clock: Clock, capacity: number) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  /** The kept answer, or that of `ask`, kept for as long as `keepMs` says of it. Errors are not kept. */
  async get(key: string, ask: () => Promise<T>, keepMs: (answer: T) => number): Promise<T> {
    const known = this.#entries.get(key);
    if (known !== undefined && this.#clock.monotonic() < known.untilMs) return known.answer;
    const entry = { answer: ask(), untilMs: Number.POSITIVE_INFINITY };
    this.#entries.delete(key);
    if (this.#entries.size >= this.#capacity) this.#entries.delete(this.#entries.keys().next().value as string);
    this.#entries.set(key, entry);
    try {
      const answer = await entry.answer;
      entry.untilMs = this.#clock.monotonic() + keepMs(answer);
      return answer;
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }
}
