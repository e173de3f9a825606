import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "./base/virtual-clock.ts";
import { saveCompileCacheWhenIdle } from "./compile-cache.ts";

test("compiled code is written once, when nothing else happens", async () => {
  const clock = new VirtualClock();
  let busy = 0.5;
  let saves = 0;
  saveCompileCacheWhenIdle(
    clock,
    () => busy,
    () => void saves++,
  );
  await clock.advance(30_000);
  assert.equal(saves, 0);
  busy = 0.01;
  await clock.advance(5_000);
  assert.equal(saves, 1);
  await clock.advance(60_000);
  assert.equal(saves, 1);
});
