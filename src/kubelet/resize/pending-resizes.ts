import type { Clock, Timer } from "../../base/clock.ts";
import type { ResizeRefusal } from "./judge.ts";
import { compareResizes, type WaitingResize } from "./order.ts";

/** Upstream's times between two looks at all that was deferred: the first one, and those after it. */
const FIRST_RETRY_MS = 30_000;
const RETRY_MS = 180_000;

export interface PendingResizesOptions {
  readonly clock: Clock;
  /** What a pod wants now; undefined when it is gone, ends, or wants nothing any more. */
  resize(uid: string): WaitingResize | undefined;
  judge(resize: WaitingResize): ResizeRefusal | undefined;
  /** Tells a pod that it has what it wants, or why it has not. */
  answer(uid: string, refusal: ResizeRefusal | undefined): void;
}

/**
 * The pods of a node that want other resources. They are judged one after the other in upstream's order, whenever one comes or
 * something becomes free, and now and then; who can never have what it wants is asked no more until it wants something else.
 */
export class PendingResizes {
  readonly #options: PendingResizesOptions;
  #uids = new Set<string>();
  #timer: Timer | undefined;

  constructor(options: PendingResizesOptions) {
    this.#options = options;
  }

  /** Somebody wants something new. Judged with the next retry. */
  add(uid: string): void {
    this.#uids.add(uid);
  }

  /** Judges all that wait, again for as long as somebody gets something: he may have given back something else. */
  retry(): void {
    if (this.#uids.size === 0) return;
    while (this.#judgeAll() && this.#uids.size > 0);
    this.#retryLater();
  }

  /** Answers whether somebody got what he wants. */
  #judgeAll(): boolean {
    const { resize, judge, answer } = this.#options;
    const waiting: { uid: string; wants: WaitingResize }[] = [];
    for (const uid of this.#uids) {
      const wants = resize(uid);
      if (wants !== undefined) waiting.push({ uid, wants });
    }
    waiting.sort((one, other) => compareResizes(one.wants, other.wants));
    this.#uids = new Set();
    let isGiven = false;
    for (const { uid, wants } of waiting) {
      const refusal = judge(wants);
      if (refusal?.reason === "Deferred") this.#uids.add(uid);
      isGiven ||= refusal === undefined;
      answer(uid, refusal);
    }
    return isGiven;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#uids.clear();
  }

  #retryLater(): void {
    const delayMs = this.#timer === undefined ? FIRST_RETRY_MS : RETRY_MS;
    this.#timer?.cancel();
    this.#timer = this.#uids.size === 0 ? undefined : this.#options.clock.setTimer(() => this.retry(), delayMs);
  }
}
