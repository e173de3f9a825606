import assert from "node:assert/strict";
import { test } from "node:test";
import { nextTurn } from "./turn.ts";
import { nextStart, turnBudget } from "./turn-budget.ts";

test("who is within the budget waits for nothing; the others begin in later turns, in their order", async () => {
  const turns = turnBudget(2);
  const begun: number[] = [];
  const starts = [1, 2, 3, 4, 5].map((number) => {
    const turn = nextStart(turns);
    if (turn === undefined) begun.push(number);
    return turn?.then(() => void begun.push(number));
  });
  assert.deepEqual(begun, [1, 2]);
  await nextTurn();
  await nextTurn();
  assert.deepEqual(begun.slice(0, 4), [1, 2, 3, 4]);
  await Promise.all(starts);
  assert.deepEqual(begun, [1, 2, 3, 4, 5]);
});

test("of very many that wait each is woken once", async () => {
  const budget = turnBudget(4);
  let asked = 0;
  const turns = {
    take(resume: () => void): boolean {
      asked++;
      return budget.take(resume);
    },
  };
  await Promise.all(Array.from({ length: 400 }, () => nextStart(turns)));
  assert.ok(asked <= 800, `asked ${asked} times`);
});

test("less begins in a turn while turns are long, and as much as before when they are short again", async () => {
  let computedMs = 0;
  const turns = turnBudget(16, () => computedMs);
  let stepMs = 0.1;
  const begun: number[] = [];
  const work = async (): Promise<void> => {
    await nextStart(turns);
    begun[begun.length - 1]!++;
    computedMs += stepMs;
  };
  const wave = async (count: number): Promise<number[]> => {
    const works = Promise.all(Array.from({ length: count }, work));
    let isDone = false;
    void works.then(() => {
      isDone = true;
    });
    begun.splice(0, begun.length, 0);
    while (!isDone) {
      await nextTurn();
      begun.push(0);
    }
    return begun.filter((number) => number > 0);
  };
  // Nobody knows yet how long they take.
  assert.ok((await wave(76))[0]! < 16);
  stepMs = 1;
  assert.deepEqual((await wave(76)).slice(2, 5), [4, 4, 4]);
  stepMs = 0.1;
  assert.deepEqual((await wave(76)).slice(2, 5), [16, 16, 16]);
  // Later turns are long because of others.
  for (let count = 0; count < 12; count++) await wave(76);
  stepMs = 1;
  assert.deepEqual((await wave(76)).slice(2, 4), [16, 16]);
});
