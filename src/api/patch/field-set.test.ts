import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  asMember,
  covers,
  difference,
  EMPTY_SET,
  type FieldSet,
  intersection,
  isEmptySet,
  pathsOf,
  readFieldSet,
  recursiveDifference,
  setOfElements,
  union,
} from "./field-set.ts";

const element = fc.constantFrom("f:a", "f:b", "f:c", 'k:{"name":"x"}', 'v:"y"');

/** Some are what JSON.parse gives, some share the one empty set. */
const sets: fc.Arbitrary<FieldSet> = fc.letrec<{ set: FieldSet }>((tie) => ({
  set: fc
    .uniqueArray(fc.tuple(element, fc.boolean(), fc.oneof({ maxDepth: 3 }, fc.constant(EMPTY_SET), tie("set"))), {
      selector: ([name]) => name,
      maxLength: 4,
    })
    .map((elements) =>
      setOfElements(elements.map(([name, isMember, below]) => [name, isMember ? asMember(below) : below])),
    ),
})).set;
const copied = sets.map((set) => readFieldSet(JSON.parse(JSON.stringify(set))));
const anySet = fc.oneof(sets, copied);

const texts = (set: FieldSet): string[] => pathsOf(set).map((path) => JSON.stringify(path));

/** Keys are in order, and nothing is there that says nothing. */
function checkForm(set: FieldSet, depth = 0): void {
  assert.deepEqual(Object.keys(set), Object.keys(set).toSorted());
  if (depth === 0) assert.equal(set["."], undefined);
  for (const key of Object.keys(set)) if (key !== ".") checkForm(set[key]!, depth + 1);
}

function check(result: FieldSet, expected: readonly string[]): void {
  checkForm(result);
  assert.deepEqual(texts(result).toSorted(), [...expected].toSorted());
}

test("sets of fields are sets of paths", () => {
  fc.assert(
    fc.property(anySet, anySet, (a, b) => {
      const [before, left, right] = [JSON.stringify([a, b]), texts(a), texts(b)];
      const isBelow = (path: string): boolean =>
        right.some((other) => path === other || path.startsWith(`${other.slice(0, -1)},`));
      check(union(a, b), [...new Set([...left, ...right])]);
      check(
        intersection(a, b),
        left.filter((path) => right.includes(path)),
      );
      check(
        difference(a, b),
        left.filter((path) => !right.includes(path)),
      );
      check(
        recursiveDifference(a, b),
        left.filter((path) => !isBelow(path)),
      );
      const isSame = JSON.stringify(left.toSorted()) === JSON.stringify(right.toSorted());
      assert.equal(
        covers(a, b),
        right.every((path) => left.includes(path)),
      );
      assert.equal(isEmptySet(difference(a, b)) && isEmptySet(difference(b, a)), isSame);
      assert.equal(JSON.stringify([a, b]), before);
    }),
    { numRuns: 1000 },
  );
});
