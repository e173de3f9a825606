import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/virtual-clock.ts";
import { interrupts } from "./interrupts.ts";

test("a signal that comes twice at once is one wish, one that comes again later means now", async () => {
  const clock = new VirtualClock();
  const done: string[] = [];
  const signal = interrupts({ clock, stop: () => void done.push("stop"), leave: () => void done.push("leave") });
  signal();
  signal();
  await clock.advance(500);
  signal();
  assert.deepEqual(done, ["stop"]);
  await clock.advance(600);
  signal();
  assert.deepEqual(done, ["stop", "leave"]);
});
