import type { Clock } from "../clock.ts";
import { ConnectionError, ENHANCE_YOUR_CALM } from "./frames.ts";

export interface PatienceLimits {
  /** Streams that a client may have broken off at once, and then each second: more ends the connection (rapid reset). */
  readonly resetBurst: number;
  readonly resetsPerSecond: number;
  /** Frames that have no use, or are wrong. */
  readonly invalidFrames: number;
  /** Streams beyond those that it may have. */
  readonly rejectedStreams: number;
}

/** What a client does that costs us and gives it nothing is counted. Every `note…` throws a ConnectionError when it is too much. */
export class Patience {
  readonly #clock: Clock;
  readonly #limits: PatienceLimits;
  #resetsLeft: number;
  #resetMs: number;
  #invalid = 0;
  #rejected = 0;

  constructor(clock: Clock, limits: PatienceLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#resetsLeft = limits.resetBurst;
    this.#resetMs = clock.monotonic();
  }

  /** A stream was broken off, by the client, or because of what it did. */
  noteReset(): void {
    const nowMs = this.#clock.monotonic();
    const earned = ((nowMs - this.#resetMs) / 1000) * this.#limits.resetsPerSecond;
    this.#resetsLeft = Math.min(this.#limits.resetBurst, this.#resetsLeft + earned) - 1;
    this.#resetMs = nowMs;
    if (this.#resetsLeft < 0) throw calm("streams that are broken off again and again");
  }

  noteInvalid(): void {
    if (++this.#invalid > this.#limits.invalidFrames) throw calm("frames without use");
  }

  noteRejected(): void {
    if (++this.#rejected > this.#limits.rejectedStreams) throw calm("streams beyond the limit");
  }
}

function calm(what: string): ConnectionError {
  return new ConnectionError(ENHANCE_YOUR_CALM, what);
}
