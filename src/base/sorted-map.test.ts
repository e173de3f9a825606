import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SortedMap } from "./sorted-map.ts";

const key = fc.stringMatching(/^[a-c/]{0,4}$/);

test("a sorted map behaves like a map whose keys are sorted", () => {
  const step = fc.record({ key, remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 1500 }), key, key, fc.nat(9), (steps, prefix, start, limit) => {
      const model = new Map<string, number>();
      const map = new SortedMap<number>();
      steps.forEach((each, index) => {
        if (each.remove) assert.equal(map.delete(each.key), model.delete(each.key));
        else {
          map.set(each.key, index);
          model.set(each.key, index);
        }
      });
      const expected = [...model]
        .filter(([name]) => name.startsWith(prefix) && name >= start)
        .sort(([a], [b]) => (a < b ? -1 : 1));
      const values = expected.map(([, value]) => value);
      assert.deepEqual(map.valuesWithPrefix(prefix, { start }), values);
      assert.deepEqual(map.valuesWithPrefix(prefix, { start, limit }), values.slice(0, limit));
      assert.equal(map.countWithPrefix(prefix, start), expected.length);
      assert.equal(map.size, model.size);
    }),
  );
});

test("many keys split into chunks and stay in order", () => {
  const map = new SortedMap<number>();
  const names = Array.from({ length: 5000 }, (_, index) => `k${(index * 7919) % 5000}`);
  for (const name of names) map.set(name, 1);
  assert.deepEqual(
    [...map.entriesFrom("")].map(([name]) => name),
    [...new Set(names)].sort(),
  );
  assert.equal(map.countWithPrefix("k1"), names.filter((name) => name.startsWith("k1")).length);
});
