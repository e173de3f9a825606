import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeObject } from "./encode.ts";
import { decodeWatchFrame, encodeWatchFrame } from "./watch-frame.ts";

const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", resourceVersion: "7" } };

test("a frame is its length, the event's type and the object in its envelope", () => {
  const object = encodeObject(pod);
  const frame = encodeWatchFrame("ADDED", pod);
  const expected = Buffer.concat([
    Buffer.from([0, 0, 0, 7 + 2 + 2 + object.length, 0x0a, 5]),
    Buffer.from("ADDED"),
    Buffer.from([0x12, object.length + 2, 0x0a, object.length]),
    object,
  ]);
  assert.equal(frame.toString("hex"), expected.toString("hex"));
  assert.deepEqual(encodeWatchFrame("ADDED", object), frame);
});

test("frames are taken one by one as bytes come", () => {
  const first = encodeWatchFrame("ADDED", pod);
  const stream = Buffer.concat([first, encodeWatchFrame("DELETED", pod)]);
  for (let length = 0; length < first.length; length++)
    assert.equal(decodeWatchFrame(stream.subarray(0, length)), undefined);
  assert.deepEqual(decodeWatchFrame(stream), { frame: { type: "ADDED", object: pod }, size: first.length });
  assert.equal(decodeWatchFrame(stream.subarray(first.length))?.frame.type, "DELETED");
});

test("a frame that claims to be huge is refused", () => {
  assert.throws(() => decodeWatchFrame(Buffer.from([255, 255, 255, 255])), /4294967295 bytes is too large/);
});
