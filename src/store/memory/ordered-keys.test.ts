import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compactMap } from "../testing/compact-map.ts";
import { sortKeyOf } from "./key-order.ts";
import { VersionedMap } from "./versioned-map.ts";

test("sort keys order as UTF-8 bytes do, and keep prefixes", () => {
  const text = fc.string({ unit: "binary", maxLength: 6 });
  fc.assert(
    fc.property(text, text, (left, right) => {
      const bytes = Buffer.compare(Buffer.from(left), Buffer.from(right));
      const [leftKey, rightKey] = [sortKeyOf(left), sortKeyOf(right)];
      assert.equal(leftKey < rightKey ? -1 : leftKey > rightKey ? 1 : 0, bytes);
      assert.ok(sortKeyOf(left + right).startsWith(leftKey));
    }),
  );
});

interface Step {
  key: string;
  remove: boolean;
}

/** Every state that a run of writes went through, as plain sorted entries. */
function statesOf(steps: readonly Step[], map: VersionedMap): Map<number, [string, string][]> {
  const state = new Map<string, string>();
  const states = new Map<number, [string, string][]>([[map.revision, []]]);
  for (const [index, { key, remove }] of steps.entries()) {
    if (remove && !state.has(key)) continue;
    map.apply({ key, value: remove ? undefined : Buffer.from(`${index}`) });
    if (remove) state.delete(key);
    else state.set(key, `${index}`);
    states.set(
      map.revision,
      [...state].sort(([left], [right]) => (left < right ? -1 : 1)),
    );
  }
  return states;
}

const step = fc.record({ key: fc.nat({ max: 40 }).map((number) => `/${number}`), remove: fc.boolean() });

test("the map shows every state of a random run, in pages and after compaction, as a plain model does", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.nat(), fc.integer({ min: 1, max: 7 }), (steps, cut, limit) => {
      const map = new VersionedMap();
      const states = statesOf(steps, map);
      const revisions = [...states.keys()];
      const compacted = revisions[cut % revisions.length]!;
      compactMap(map, compacted);
      for (const revision of revisions.filter((candidate) => candidate >= compacted)) {
        assert.deepEqual(pagesOf(map, revision, limit), states.get(revision));
      }
    }),
  );
});

test("many keys in any order split and merge without losing one", () => {
  const map = new VersionedMap();
  const total = 5000;
  const keyOf = (index: number): string => `/${String((index * 2741) % total).padStart(6, "0")}`;
  for (let index = 0; index < total; index++) map.apply({ key: keyOf(index), value: Buffer.from("x") });
  for (let index = 0; index < total; index++) if (index % 50 !== 0) map.apply({ key: keyOf(index), value: undefined });
  assert.equal(map.keyCount, total);
  compactMap(map, map.revision);
  assert.equal(map.keyCount, total / 50, "removed keys leave the memory, the one at the compacted revision too");
  assert.equal(map.history.bytes, 0);
  const expected = Array.from({ length: total }, (_, index) => index)
    .filter((index) => index % 50 === 0)
    .map(keyOf)
    .sort();
  const { items } = map.list({ prefix: "/" });
  assert.deepEqual(
    items.map((item) => item.key),
    expected,
  );
  assert.equal(map.list({ prefix: "/", limit: 10 }).remaining, expected.length - 10);
});

function pagesOf(map: VersionedMap, revision: number, limit: number): [string, string][] {
  const found: [string, string][] = [];
  for (let startKey = ""; ; startKey = `${found.at(-1)?.[0]}\u0001`) {
    const page = map.list({ prefix: "/", revision, limit, startKey });
    for (const item of page.items) found.push([item.key, item.value.toString()]);
    const total = found.length + page.remaining;
    if (page.remaining === 0) return found;
    assert.ok(page.items.length === limit && total > found.length);
  }
}
