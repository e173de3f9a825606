import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { Turns } from "./turns.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("who writes the same object anew goes one after the other, others at once", async () => {
  const turns = new Turns();
  const clock = new VirtualClock();
  const seen: string[] = [];
  const goes = async (name: string, key: string) => {
    const end = await turns.take(key, { clock });
    seen.push(name);
    return end;
  };
  const endFirst = await goes("first", "/a");
  const second = goes("second", "/a");
  const third = goes("third", "/a");
  await goes("other", "/b");
  assert.deepEqual(seen, ["first", "other"]);
  endFirst();
  const endSecond = await second;
  await settled();
  assert.deepEqual(seen, ["first", "other", "second"]);
  endSecond();
  (await third)();
  (await goes("last", "/a"))();
  assert.deepEqual(seen, ["first", "other", "second", "third", "last"]);
});

test("nobody waits for ever: who holds a turn may wait for who wants one", async () => {
  const turns = new Turns();
  const clock = new VirtualClock();
  await turns.take("/a", { clock });
  let isMine = false;
  const second = turns.take("/a", { clock }).then(() => {
    isMine = true;
  });
  await settled();
  assert.equal(isMine, false);
  await clock.advance(5_000);
  await second;
  assert.equal(isMine, true);
});

test("a request that is over waits no more", async () => {
  const turns = new Turns();
  const clock = new VirtualClock();
  await turns.take("/a", { clock });
  const scope = new AbortController();
  const second = turns.take("/a", { clock, signal: scope.signal });
  scope.abort();
  await second;
});
