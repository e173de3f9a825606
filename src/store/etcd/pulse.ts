import { errorMessage } from "../../base/assert.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Quorum } from "./quorum.ts";

const INTERVAL_MS = 2000;
/** Without an answer for so long etcd counts as away. An election takes less. */
const AWAY_MS = 6000;

/** Asks etcd again and again whether a quorum answers, so that who wants to know hears it at once. */
export class Pulse {
  readonly #quorum: Quorum;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #answeredAt: number;
  #error = "it does not answer";
  #isStopped = false;

  constructor(quorum: Quorum, clock: Clock) {
    this.#quorum = quorum;
    this.#clock = clock;
    this.#answeredAt = clock.monotonic();
    this.#wait();
  }

  /** What is wrong with etcd, if anything is. */
  health(): string | undefined {
    const silentMs = this.#clock.monotonic() - this.#answeredAt;
    return silentMs < AWAY_MS ? undefined : `etcd: ${this.#error} (for ${Math.floor(silentMs / 1000)} s)`;
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #wait(): void {
    if (!this.#isStopped) this.#timer = this.#clock.setTimer(() => void this.#feel(), INTERVAL_MS);
  }

  async #feel(): Promise<void> {
    try {
      await this.#quorum.revision();
      this.#answeredAt = this.#clock.monotonic();
    } catch (error) {
      this.#error = errorMessage(error);
    }
    this.#wait();
  }
}
