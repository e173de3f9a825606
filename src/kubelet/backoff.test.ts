import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/virtual-clock.ts";
import { formatDuration, KeyedBackoff } from "./backoff.ts";

test("delays double up to the maximum and start over after a quiet time", async () => {
  const clock = new VirtualClock();
  const backoff = new KeyedBackoff(clock, { initialMs: 10_000, maximumMs: 60_000, resetAfterMs: 600_000 });
  const delays: number[] = [];
  for (let round = 0; round < 5; round++) {
    backoff.raise("k", clock.now());
    delays.push(backoff.delayMs("k"));
    await clock.advance(60_000);
  }
  assert.deepEqual(delays, [10_000, 20_000, 40_000, 60_000, 60_000]);
  await clock.advance(600_001);
  backoff.raise("k", clock.now());
  assert.equal(backoff.delayMs("k"), 10_000);
});

test("a key waits from what happened, not from when it was noticed", async () => {
  const clock = new VirtualClock();
  const backoff = new KeyedBackoff(clock, { initialMs: 10_000, maximumMs: 60_000, resetAfterMs: 600_000 });
  assert.equal(backoff.waitUntil("k", clock.now()), undefined);
  const failedAt = clock.now();
  backoff.raise("k", failedAt);
  await clock.advance(4000);
  assert.equal(backoff.waitUntil("k", failedAt), failedAt + 10_000);
  await clock.advance(6000);
  assert.equal(backoff.waitUntil("k", failedAt), undefined);
  backoff.raise("k", clock.now());
  backoff.forget("k");
  assert.equal(backoff.waitUntil("k"), undefined);
});

for (const [milliseconds, text] of [
  [0, "0s"],
  [345, "345ms"],
  [1500, "1.5s"],
  [10_000, "10s"],
  [80_000, "1m20s"],
  [300_000, "5m0s"],
  [3_661_001, "1h1m1.001s"],
] as const) {
  test(`prints ${milliseconds} ms as ${text}`, () => assert.equal(formatDuration(milliseconds), text));
}
