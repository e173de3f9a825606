import assert from "node:assert/strict";
import { test } from "node:test";
import { Alarms } from "./alarms.ts";
import { VirtualClock } from "./virtual-clock.ts";

test("each rings once, at its second, and not when it was cancelled", async () => {
  const clock = new VirtualClock();
  const alarms = new Alarms(clock);
  const rung: string[] = [];
  const named = (name: string) => ({ alarm: () => void rung.push(name) });
  const late = named("late");
  const cancelled = named("cancelled");
  const lateAt = alarms.set(late, 3000);
  alarms.set(named("soon"), 1000);
  alarms.set(named("soon as well"), 400);
  const at = alarms.set(cancelled, 1000);
  alarms.cancel(cancelled, at);
  await clock.advance(999);
  assert.deepEqual(rung, []);
  await clock.advance(1);
  assert.deepEqual(rung, ["soon", "soon as well"]);
  alarms.cancel(cancelled, at);
  await clock.advance(1999);
  assert.equal(rung.length, 2);
  await clock.advance(1);
  assert.deepEqual(rung.slice(2), ["late"]);
  alarms.cancel(late, lateAt);
  await clock.advance(10_000);
  assert.equal(rung.length, 3);
});

test("who rings may set the next one, and cancel another that is due", async () => {
  const clock = new VirtualClock();
  const alarms = new Alarms(clock);
  let rung = 0;
  const again = {
    alarm(): void {
      rung++;
      alarms.set(again, 60_000);
    },
  };
  alarms.set(again, 60_000);
  await clock.advance(180_000);
  assert.equal(rung, 3);
});
