import type { Sleeper } from "../../base/async-queue.ts";
import { nextStart, turnBudget } from "../../base/turn-budget.ts";
import type { WatchEvents } from "../exchange.ts";
import type { FramedEvents } from "./encode-watch.ts";
import type { Sink } from "./sink.ts";

/** So much of a watch is handed to the connection together: no more than a reader that is slow may make us hold. */
const TOGETHER_BYTES = 32 * 1024;

/** What is as long as this is the start of a streaming list, mostly: many clients ask for it at the same time. */
const LARGE_BATCH = 50;
const batchTurns = turnBudget(8);

/**
 * Writes what a watch tells until it ends, no faster than its client reads. There may be ten thousand that wait: while nothing
 * happens there is this object, and no promise.
 */
export class WatchWriter implements Sleeper {
  readonly #events: WatchEvents;
  readonly #frameOf: FramedEvents["frameOf"];
  readonly #sink: Sink;
  readonly #over: (error?: unknown) => void;

  /** @param over told once when the watch has ended, with what broke it off, if something did */
  constructor({ events, frameOf }: FramedEvents, sink: Sink, over: (error?: unknown) => void) {
    this.#events = events;
    this.#frameOf = frameOf;
    this.#sink = sink;
    this.#over = over;
  }

  /** Begins, and goes on when something has happened. */
  wake(): void {
    this.#write().then(
      (hasEnded) => {
        if (hasEnded) this.#over();
      },
      (error: unknown) => {
        this.#events.close();
        this.#sink.abort();
        this.#over(error);
      },
    );
  }

  /** Writes what there is. Answers whether that was all there will be. */
  async #write(): Promise<boolean> {
    while (!this.#events.isWaiting) {
      const batch = await this.#events.next();
      if (batch === undefined) {
        this.#sink.end();
        return true;
      }
      if (batch.length >= LARGE_BATCH) await nextStart(batchTurns);
      await writeBatch(batch.map(this.#frameOf), this.#sink);
    }
    this.#events.whenAny(this);
    return false;
  }
}

/** The events end when the reader has gone; until then a sink takes what nobody reads. */
async function writeBatch(batch: readonly Buffer[], sink: Sink): Promise<void> {
  let start = 0;
  let bytes = 0;
  for (const [index, frame] of batch.entries()) {
    bytes += frame.length;
    const end = index + 1;
    if (bytes < TOGETHER_BYTES && end < batch.length) continue;
    const hasRoom = sink.writeAll(start === 0 && end === batch.length ? batch : batch.slice(start, end));
    if (!hasRoom) await sink.drained();
    start = end;
    bytes = 0;
  }
}
