import type { Sleeper } from "../../base/async-queue.ts";
import type { TurnTime } from "../../base/turn-time.ts";
import type { OutgoingEvent, WatchEvents } from "../exchange.ts";
import { type FramedEvents, framesOf } from "./encode-watch.ts";
import { BLOCK_BYTES, sendingMs } from "./list-blocks.ts";
import type { Sink } from "./sink.ts";

/** So much of a watch is handed to the connection together: no more than a reader that is slow may make us hold for it alone. */
const TOGETHER_BYTES = 32 * 1024;

/** What is as long as this is the start of a streaming list, mostly: many clients ask for it at the same time. */
const LARGE_BATCH = 50;

/**
 * Writes what a watch tells until it ends, no faster than its client reads. There may be ten thousand that wait: while nothing
 * happens there is this object, and no promise.
 */
export class WatchWriter implements Sleeper {
  readonly #events: WatchEvents;
  readonly #frameOf: FramedEvents["frameOf"];
  readonly #time: TurnTime;
  readonly #sink: Sink;
  readonly #over: (error?: unknown) => void;

  /** @param over told once when the watch has ended, with what broke it off, if something did */
  constructor({ events, frameOf, time }: FramedEvents, sink: Sink, over: (error?: unknown) => void) {
    this.#events = events;
    this.#frameOf = frameOf;
    this.#time = time;
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
      await (batch.length < LARGE_BATCH ? this.#writeShort(batch) : this.#writeLarge(batch));
    }
    this.#events.whenAny(this);
    return false;
  }

  #writeShort(batch: readonly OutgoingEvent[]): Promise<void> {
    return writeFrames(framesOf(batch, this.#frameOf), this.#sink, TOGETHER_BYTES);
  }

  async #writeLarge(batch: readonly OutgoingEvent[]): Promise<void> {
    const pause = this.#time.pause();
    if (pause !== undefined) await pause;
    const frames = framesOf(batch, this.#frameOf);
    this.#time.owe(sendingMs(frames.reduce((sum, { length }) => sum + length, 0)));
    await writeFrames(frames, this.#sink, BLOCK_BYTES);
  }
}

/** The events end when the reader has gone; until then a sink takes what nobody reads. */
async function writeFrames(frames: readonly Buffer[], sink: Sink, together: number): Promise<void> {
  let start = 0;
  let bytes = 0;
  for (let end = 1; end <= frames.length; end++) {
    bytes += frames[end - 1]!.length;
    if (bytes < together && end < frames.length) continue;
    const hasRoom = sink.writeAll(start === 0 && end === frames.length ? frames : frames.slice(start, end));
    if (!hasRoom) await sink.drained();
    start = end;
    bytes = 0;
  }
}
