import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withTrace } from "../base/trace.ts";
import { VirtualClock } from "../base/virtual-clock.ts";
import { createWorkQueue, type WorkQueue } from "./work-queue.ts";

async function drain(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = [];
  while (queue.length > 0) {
    const item = await queue.take();
    if (item === undefined) break;
    keys.push(item.key);
    queue.done(item);
  }
  return keys;
}

describe("work queue", () => {
  it("gives keys in order, each once", async () => {
    const queue = createWorkQueue({ clock: new VirtualClock() });
    for (const key of ["b", "a", "b", "c", "a"]) queue.add(key);
    assert.deepEqual(await drain(queue), ["b", "a", "c"]);
  });

  it("gives a key that was added while it was worked on once more, after that work", async () => {
    const queue = createWorkQueue({ clock: new VirtualClock() });
    queue.add("a");
    const item = (await queue.take())!;
    queue.add("a");
    queue.add("a");
    assert.equal(queue.length, 0, "one worker a key");
    queue.done(item);
    assert.deepEqual(await drain(queue), ["a"]);
  });

  it("hands a key to a worker that waits", async () => {
    const queue = createWorkQueue({ clock: new VirtualClock() });
    const taken = queue.take();
    queue.add("a");
    assert.equal((await taken)?.key, "a");
  });

  it("keeps the earliest of several delays", async () => {
    const clock = new VirtualClock();
    const queue = createWorkQueue({ clock });
    queue.addAfter("a", 5000);
    queue.addAfter("a", 1000);
    queue.addAfter("a", 3000);
    await clock.advance(999);
    assert.equal(queue.length, 0);
    await clock.advance(1);
    assert.deepEqual(await drain(queue), ["a"]);
    await clock.advance(10_000);
    assert.equal(queue.length, 0);
  });

  it("backs off from 5 ms, doubling to 1000 s, until the key is forgotten", async () => {
    const clock = new VirtualClock();
    const queue = createWorkQueue({ clock });
    const delays: number[] = [];
    for (let attempt = 0; attempt < 20; attempt++) {
      const beforeMs = clock.monotonic();
      queue.addRateLimited("a");
      const taken = queue.take().then((item) => {
        delays.push(clock.monotonic() - beforeMs);
        queue.done(item!);
      });
      await clock.advance(1_000_000);
      await taken;
    }
    assert.deepEqual(delays.slice(0, 4), [5, 10, 20, 40]);
    assert.equal(delays[17], 5 * 2 ** 17);
    assert.deepEqual(delays.slice(18), [1_000_000, 1_000_000]);
    queue.forget("a");
    assert.equal(queue.failures("a"), 0);
    queue.addRateLimited("a");
    await clock.advance(5);
    assert.deepEqual(await drain(queue), ["a"]);
  });

  it("remembers what woke a key first", async () => {
    const queue = createWorkQueue({ clock: new VirtualClock() });
    const first = { traceId: "1".repeat(32), spanId: "1".repeat(16) };
    const second = { traceId: "2".repeat(32), spanId: "2".repeat(16) };
    withTrace(first, () => queue.add("a"));
    withTrace(second, () => queue.add("a"));
    assert.deepEqual(await queue.take(), { key: "a", cause: first });
  });

  it("ends those who wait when it stops, and takes no more", async () => {
    const clock = new VirtualClock();
    const queue = createWorkQueue({ clock });
    const taken = queue.take();
    queue.addAfter("a", 10);
    queue.stop();
    queue.add("b");
    await clock.advance(20);
    assert.equal(await taken, undefined);
    assert.equal(await queue.take(), undefined);
  });
});

it("a key that rests comes back once, after its rest, with what woke it first", async () => {
  const clock = new VirtualClock();
  const queue = createWorkQueue({ clock });
  queue.add("a");
  const first = await queue.take();
  queue.done(first!, 100);
  for (let count = 0; count < 5; count++) queue.add("a");
  queue.add("b");
  assert.equal((await queue.take())?.key, "b");
  assert.equal(queue.length, 0);
  await clock.advance(99);
  assert.equal(queue.length, 0);
  await clock.advance(1);
  const second = await queue.take();
  assert.equal(second?.key, "a");
  queue.done(second!, 100);
  await clock.advance(100);
  assert.equal(queue.length, 0, "nothing happened meanwhile");
  queue.add("a");
  assert.equal(queue.length, 1, "after its rest it is ready at once");
  queue.stop();
});
