import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../base/random.ts";
import { SharedRoom } from "./shared-room.ts";

test("what is taken is never taken twice, whatever comes and goes", () => {
  const random = seededRandom(7);
  const room = new SharedRoom(1000);
  const taken: { begin: number; end: number }[] = [];
  let refused = 0;
  for (let step = 0; step < 20_000; step++) {
    if (random.fraction() < 0.45) {
      if (taken.shift() !== undefined) room.giveBack();
      continue;
    }
    const length = Math.floor(random.fraction() * 300);
    const place = room.take(length);
    if (place === undefined) {
      refused++;
      continue;
    }
    assert.equal(place.length, length);
    const [begin, end] = [place.byteOffset, place.byteOffset + length];
    assert.ok(end <= 1000);
    for (const other of taken)
      assert.ok(end <= other.begin || begin >= other.end || length === 0 || other.begin === other.end);
    taken.push({ begin, end });
  }
  assert.ok(refused > 100, "it was full now and then");
});

test("an empty room has place for all that it holds, wherever its last piece was", () => {
  const room = new SharedRoom(100);
  assert.equal(room.take(101), undefined);
  for (let time = 0; time < 3; time++) {
    assert.equal(room.take(70)?.byteOffset, 0);
    assert.equal(room.take(40), undefined);
    assert.equal(room.take(30)?.byteOffset, 70);
    room.giveBack();
    assert.equal(room.take(60)?.byteOffset, 0);
    room.giveBack();
    room.giveBack();
  }
  assert.equal(room.take(100)?.length, 100);
});

test("both ends see the same bytes", () => {
  const room = new SharedRoom(16);
  room.take(4);
  const place = room.take(3);
  place?.write("abc");
  assert.equal(Buffer.from(room.memory).toString("latin1", 4, 7), "abc");
});
