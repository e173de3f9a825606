import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { sleep } from "./clock.ts";
import { onAbort } from "./on-abort.ts";
import { VirtualClock } from "./virtual-clock.ts";

test("all who wait for the end of a signal are told once, and those who left are not", () => {
  const stopping = new AbortController();
  const told: string[] = [];
  onAbort(stopping.signal, () => told.push("first"));
  const leave = onAbort(stopping.signal, () => told.push("gone"));
  onAbort(stopping.signal, () => told.push("last"));
  leave();
  stopping.abort();
  stopping.abort();
  assert.deepEqual(told, ["first", "last"]);
});

test("the same function waits as often as it says", () => {
  const stopping = new AbortController();
  let calls = 0;
  const callback = (): void => void calls++;
  const leave = onAbort(stopping.signal, callback);
  onAbort(stopping.signal, callback);
  leave();
  stopping.abort();
  assert.equal(calls, 1);
});

test("many that sleep until a signal are one listener of it, and wake when it aborts", async () => {
  const clock = new VirtualClock();
  const stopping = new AbortController();
  const sleeping = Array.from({ length: 100 }, () => sleep(clock, 1000, stopping.signal));
  assert.equal(getEventListeners(stopping.signal, "abort").length, 1);
  stopping.abort();
  await Promise.all(sleeping);
  assert.equal(clock.monotonic(), 0);
  await sleep(clock, 1000, stopping.signal);
});
