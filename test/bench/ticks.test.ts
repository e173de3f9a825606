import assert from "node:assert/strict";
import { test } from "node:test";
import { niceTicks } from "./ticks.ts";

const cases: readonly [highest: number, ticks: readonly number[]][] = [
  [1, [0, 0.25, 0.5, 0.75, 1]],
  [0.3, [0, 0.1, 0.2, 0.3]],
  [47, [0, 20, 40, 60]],
  [30_000, [0, 10_000, 20_000, 30_000]],
  [0, [0, 1]],
  [Number.NaN, [0, 1]],
];

for (const [highest, ticks] of cases) {
  test(`an axis up to ${highest}`, () => assert.deepEqual(niceTicks(highest, 4), ticks));
}
