import assert from "node:assert/strict";
import { test } from "node:test";
import { OwnWrites } from "./own-writes.ts";

const bytes = (text: string): Buffer => Buffer.from(text);

test("the event of an own write brings its buffer back, whichever comes first", () => {
  const own = new OwnWrites();
  const first = { value: bytes("one") };
  const given = first.value;
  own.begin("/a", first);
  own.end("/a", 7);
  assert.equal(own.valueOf("/a", 7, bytes("one")), given, "the answer came first");
  assert.notEqual(own.valueOf("/a", 7, bytes("one")), given, "once only");

  const second = { value: bytes("two") };
  const early = second.value;
  own.begin("/a", second);
  assert.equal(own.valueOf("/a", 8, bytes("two")), early, "the event came first");
  early.write("XXX");
  assert.equal(second.value.toString(), "two", "what may be sent again is as it was");
  own.end("/a", 8);
});

test("what others wrote is not taken for one's own", () => {
  const own = new OwnWrites();
  const intent = { value: bytes("mine") };
  own.begin("/a", intent);
  assert.equal(own.valueOf("/a", 5, bytes("theirs")).toString(), "theirs");
  own.end("/a", 6);
  assert.equal(own.valueOf("/a", 5, bytes("late!")).toString(), "late!");
  assert.equal(own.valueOf("/b", 6, bytes("other")).toString(), "other");
  assert.equal(own.valueOf("/a", 6, bytes("mine")), intent.value);
  own.begin("/c", intent);
  own.end("/c", undefined);
  assert.notEqual(own.valueOf("/c", 9, bytes("mine")), intent.value, "a write that failed has no event");
});
