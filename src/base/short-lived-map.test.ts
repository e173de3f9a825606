import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ShortLivedMap } from "./short-lived-map.ts";

test("it is a map, in the order of additions", () => {
  const step = fc.record({ key: fc.integer({ min: 0, max: 90 }), removes: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
      const map = new ShortLivedMap<number, number>();
      const model = new Map<number, number>();
      for (const [index, { key, removes }] of steps.entries()) {
        if (removes) assert.equal(map.delete(key), model.delete(key));
        else {
          map.set(key, index);
          model.set(key, index);
        }
        assert.equal(map.size, model.size);
        assert.equal(map.get(key), model.get(key));
        assert.equal(map.has(key), model.has(key));
        assert.equal(map.first(), [...model.values()][0]);
      }
      assert.deepEqual([...map.values()], [...model.values()]);
    }),
  );
});

test("nothing is left when it is cleared", () => {
  const map = new ShortLivedMap<string, number>();
  for (let index = 0; index < 100; index++) map.set(`key ${index}`, index);
  map.clear();
  assert.deepEqual([map.size, map.first(), map.get("key 1")], [0, undefined, undefined]);
});
