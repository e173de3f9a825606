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
      const map = new SortedMap<{ key: string; value: number }>();
      steps.forEach((each, index) => {
        if (each.remove) assert.equal(map.delete(each.key), model.delete(each.key));
        else {
          const before = map.set({ key: each.key, value: index });
          assert.equal(before?.value, model.get(each.key));
          model.set(each.key, index);
        }
      });
      const expected = [...model]
        .filter(([name]) => name.startsWith(prefix) && name >= start)
        .sort(([a], [b]) => (a < b ? -1 : 1));
      const values = expected.map(([key, value]) => ({ key, value }));
      assert.deepEqual(map.valuesWithPrefix(prefix, { start }), values);
      assert.deepEqual(map.valuesWithPrefix(prefix, { start, limit }), values.slice(0, limit));
      assert.equal(map.countWithPrefix(prefix, start), expected.length);
      assert.equal(map.size, model.size);
      for (const name of model.keys()) assert.equal(map.get(name)?.value, model.get(name));
    }),
  );
});

test("many keys split into chunks and stay in order", () => {
  const map = new SortedMap<{ key: string }>();
  const names = Array.from({ length: 5000 }, (_, index) => `k${(index * 7919) % 5000}`);
  for (const key of names) map.set({ key });
  assert.deepEqual(
    Array.from(map.valuesFrom(""), ({ key }) => key),
    [...new Set(names)].sort(),
  );
  assert.equal(map.countWithPrefix("k1"), names.filter((name) => name.startsWith("k1")).length);
});
