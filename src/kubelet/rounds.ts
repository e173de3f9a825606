import type { Clock, Timer } from "../base/clock.ts";

/** A piece of work that comes again and again. It never rejects. */
export interface RoundWork {
  /** Does it once, and answers after how long it is to be done again; undefined when never. */
  round(): Promise<number | undefined>;
}

/**
 * Does work in rounds, one at a time. While it pauses, nothing of it is there but its timer: loops that sleep keep ten times as
 * much, and each of thousands of kubelets of one process has three.
 */
export class Rounds {
  readonly #clock: Clock;
  readonly #work: RoundWork;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #isWanted = false;
  #isStopped = false;

  constructor(clock: Clock, work: RoundWork) {
    this.#clock = clock;
    this.#work = work;
  }

  /** Begins a round now, or as soon as the one that is under way is over. */
  hasten(): void {
    if (this.#isStopped) return;
    this.#isWanted = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#running !== undefined) return;
    // What the round does at once may call this again.
    this.#running = BEGINNING;
    this.#running = this.#run();
  }

  /** Begins no further round. Resolves when none is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  async #run(): Promise<void> {
    let pauseMs: number | undefined;
    while (this.#isWanted && !this.#isStopped) {
      this.#isWanted = false;
      pauseMs = await this.#work.round();
    }
    this.#running = undefined;
    if (pauseMs !== undefined && !this.#isStopped) this.#timer = this.#clock.setTimer(() => this.hasten(), pauseMs);
  }
}

const BEGINNING = Promise.resolve();
