/** Lets so many pieces of work run at the same time; the others wait in order. */
export class Limiter {
  readonly #most: number;
  #running = 0;
  /** Made when somebody has to wait. */
  #waiting: (() => void)[] | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#most) await new Promise<void>((resolve) => this.#wait(resolve));
    else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting?.shift();
      // The place goes straight to the next one, so that nobody who comes now can overtake.
      if (next === undefined) this.#running--;
      else next();
    }
  }

  #wait(turn: () => void): void {
    this.#waiting ??= [];
    this.#waiting.push(turn);
  }
}
