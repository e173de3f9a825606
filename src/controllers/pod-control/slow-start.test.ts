import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { slowStart } from "./slow-start.ts";

describe("slow start", () => {
  it("doubles its batches", async () => {
    const batches: number[] = [];
    let open = 0;
    await slowStart(10, async () => {
      open++;
      await Promise.resolve();
      if (open > 0) batches.push(open);
      open = 0;
    });
    assert.deepEqual(batches, [1, 2, 4, 3]);
  });

  for (const [count, failsAt, done, skipped] of [
    [500, 0, 0, 499],
    [500, 1, 2, 497],
    [10, 9, 9, 0],
    [0, 0, 0, 0],
  ] as const) {
    it(`of ${count} calls with failure of call ${failsAt}: ${done} done, ${skipped} not tried`, async () => {
      const result = await slowStart(count, async (index) => {
        if (index === failsAt) throw new Error("refused");
      });
      assert.equal(result.done, done);
      assert.equal(result.skipped, skipped);
      assert.equal(result.error instanceof Error, count > failsAt);
    });
  }
});
