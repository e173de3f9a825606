import type { ContainerEvent } from "../state.ts";

/** More than so many that nobody takes are lost, as events are hints alone. */
const CAPACITY = 10_000;
const SUBSCRIBED: ContainerEvent = { type: "subscribed" };
const END: IteratorReturnResult<undefined> = { done: true, value: undefined };
/** Never changed. */
const NONE: ContainerEvent[] = [];

/**
 * One who follows what happens on a simulated node. A class rather than generators, because each of thousands of nodes has one
 * that nearly always waits.
 */
export class ContainerEvents implements AsyncIterableIterator<ContainerEvent, undefined> {
  readonly #onEnd: (ended: ContainerEvents) => void;
  #waiting: ContainerEvent[] = [SUBSCRIBED];
  #wake: ((result: IteratorResult<ContainerEvent, undefined>) => void) | undefined;
  #hasEnded = false;

  constructor(onEnd: (ended: ContainerEvents) => void) {
    this.#onEnd = onEnd;
  }

  push(event: ContainerEvent): void {
    const wake = this.#wake;
    if (this.#hasEnded) return;
    if (wake !== undefined) {
      this.#wake = undefined;
      wake({ done: false, value: event });
    } else if (this.#waiting.length === 0) this.#waiting = [event];
    else if (this.#waiting.length < CAPACITY) this.#waiting.push(event);
  }

  /** No further events; what waits is still given. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#wake?.(END);
    this.#wake = undefined;
    this.#onEnd(this);
  }

  next(): Promise<IteratorResult<ContainerEvent, undefined>> {
    if (this.#waiting.length > 0) {
      const value = this.#waiting.shift()!;
      if (this.#waiting.length === 0) this.#waiting = NONE;
      return Promise.resolve({ done: false, value });
    }
    if (this.#hasEnded) return Promise.resolve(END);
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.end();
    return END;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
