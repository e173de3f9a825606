import assert from "node:assert/strict";
import { test } from "node:test";
import { AsyncQueue, type Sleeper } from "../../base/async-queue.ts";
import { turnTime } from "../../base/turn-time.ts";
import { settle, VirtualClock } from "../../base/virtual-clock.ts";
import type { OutgoingEvent, WatchEvents } from "../exchange.ts";
import type { Sink } from "./sink.ts";
import { WatchWriter } from "./watch-writer.ts";

const bookmark = (name: string): OutgoingEvent => ({ type: "BOOKMARK", object: { metadata: { name } } });

/** Events that somebody puts in, and how often the writer has asked for them. */
class Source implements WatchEvents {
  readonly queue = new AsyncQueue<OutgoingEvent>(100);
  asked = 0;
  isClosed = false;

  get isWaiting(): boolean {
    return this.queue.length === 0 && !this.queue.ended;
  }

  whenAny(sleeper: Sleeper): void {
    this.queue.whenAny(sleeper);
  }

  next(): Promise<readonly OutgoingEvent[] | undefined> {
    this.asked++;
    return this.queue.takeAll();
  }

  close(): void {
    this.isClosed = true;
  }

  [Symbol.asyncIterator](): never {
    throw new Error("the writer asks for one batch after the other");
  }
}

function scene() {
  const source = new Source();
  const written: string[] = [];
  const ends: unknown[] = [];
  const sink = {
    writeAll: (chunks: readonly Buffer[]) => void written.push(Buffer.concat(chunks).toString()) === undefined,
    end: () => void written.push("end"),
    abort: () => void written.push("broken off"),
  } as unknown as Sink;
  const frameOf = ({ object }: OutgoingEvent & { object?: { metadata?: { name?: string } } }) =>
    Buffer.from(`${object?.metadata?.name} `);
  const watch = { events: source, frameOf: frameOf as never, time: turnTime(new VirtualClock()) };
  const writer = new WatchWriter(watch, sink, (error) => void ends.push(error));
  return { source, written, ends, writer };
}

test("what comes together is written together, and nothing is asked for while nothing happens", async () => {
  const { source, written, ends, writer } = scene();
  writer.wake();
  await settle();
  assert.equal(source.asked, 0);
  for (const name of ["a", "b"]) source.queue.push(bookmark(name));
  await settle();
  source.queue.push(bookmark("c"));
  await settle();
  assert.deepEqual([written, source.asked, ends], [["a b ", "c "], 2, []]);
  source.queue.end();
  await settle();
  assert.deepEqual(written.slice(2), ["end"]);
  assert.deepEqual(ends, [undefined]);
});

test("what goes wrong breaks the answer off, and is told", async () => {
  const { source, written, ends, writer } = scene();
  writer.wake();
  source.queue.end(new Error("the store is gone"));
  await settle();
  assert.deepEqual(written, ["broken off"]);
  assert.match(String(ends[0]), /the store is gone/);
  assert.equal(source.isClosed, true);
});
