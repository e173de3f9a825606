import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom, systemRandom } from "./random.ts";

test("the system's bytes are as many as asked for, and never given twice", () => {
  const seen = new Set<string>();
  for (let round = 0; round < 2000; round++) {
    for (const length of [8, 16, 64, 65]) {
      const bytes = systemRandom.bytes(length);
      assert.equal(bytes.length, length);
      seen.add(bytes.toString("hex"));
    }
  }
  assert.equal(seen.size, 8000);
});

test("bytes belong to who asked for them", () => {
  const first = systemRandom.bytes(16);
  const before = first.toString("hex");
  for (let round = 0; round < 1000; round++) systemRandom.bytes(16).fill(0);
  assert.equal(first.toString("hex"), before);
});

test("a seed gives the same chance again", () => {
  const [one, two] = [seededRandom(7), seededRandom(7)];
  assert.deepEqual([one.uuid(), one.suffix(5), one.fraction()], [two.uuid(), two.suffix(5), two.fraction()]);
});
