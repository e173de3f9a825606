import assert from "node:assert/strict";
import { test } from "node:test";
import { currentTrace, type TraceContext, toldWithTrace, withTrace } from "./trace.ts";

const context = (digit: string): TraceContext => ({ traceId: digit.repeat(32), spanId: digit.repeat(16) });
const [one, two, three] = [context("1"), context("2"), context("3")];

test("what is told has its context until the call is over, and not after it", async () => {
  const seen: (TraceContext | undefined)[] = [];
  const note = (): void => void seen.push(currentTrace());
  let later: Promise<void> | undefined;
  withTrace(one, () => {
    toldWithTrace(two, note, undefined);
    note();
    toldWithTrace(undefined, note, undefined);
    toldWithTrace(
      two,
      () => {
        later = Promise.resolve().then(note);
      },
      undefined,
    );
  });
  note();
  await later;
  assert.deepEqual(seen, [two, one, one, undefined, one]);
});

test("a request that is made at once while something is told has a context of its own", () => {
  toldWithTrace(
    one,
    () => {
      assert.equal(
        withTrace(two, () => currentTrace()),
        two,
      );
      withTrace(two, () => toldWithTrace(three, () => assert.equal(currentTrace(), three), undefined));
      assert.equal(currentTrace(), one);
    },
    undefined,
  );
  assert.equal(currentTrace(), undefined);
});

test("who fails while told leaves no context behind", () => {
  assert.throws(() =>
    toldWithTrace(
      one,
      () => {
        throw new Error("no");
      },
      undefined,
    ),
  );
  assert.equal(currentTrace(), undefined);
});
