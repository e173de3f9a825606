import assert from "node:assert/strict";
import { test } from "node:test";
import { nextStep, secondsOf } from "./plan.ts";

test("the more nodes, the longer; and there is a margin on the way back", () => {
  const cases = [
    [0, 1, 0],
    [0, 100, 0],
    [0, 101, 15],
    [1, 90, 15],
    [1, 89, 0],
    [1, 501, 30],
    [0, 5000, 300],
    [4, 1800, 300],
    [4, 1799, 60],
    [4, 3, 0],
  ] as const;
  for (const [step, count, seconds] of cases) assert.equal(secondsOf(nextStep(step, count)), seconds, `${count} nodes`);
});
