import assert from "node:assert/strict";
import { test } from "node:test";
import { amountIn, type GroupLimits, limitFiles } from "./group-limits.ts";

const MIB = 1024 ** 2;

for (const [what, limits, v1, v2] of [
  ["only a share", { cpuShares: 1024 }, "cpu.shares=1024", "cpu.weight=39"],
  ["the least share", { cpuShares: 2, cpuQuota: 0 }, "cpu.shares=2", "cpu.weight=1"],
  [
    "everything",
    { cpuShares: 25, cpuQuota: 3500, memoryBytes: 40 * MIB },
    "cpu.cfs_quota_us=3500 cpu.shares=25 memory.limit_in_bytes=41943040",
    "cpu.max=3500 100000 cpu.weight=1 memory.max=41943040",
  ],
] as [string, GroupLimits, string, string][]) {
  test(`the files of a group with ${what}`, () => {
    const told = (unified: boolean) => limitFiles(limits, unified).map(({ name, value }) => `${name}=${value}`);
    assert.equal(told(false).join(" "), v1);
    assert.equal(told(true).join(" "), v2);
  });
}

test("what a file of a group says, and what is no limit", () => {
  assert.deepEqual(["1024\n", "3500 100000\n", "-1\n", "max 100000\n", "max\n"].map(amountIn), [
    ...[1024, 3500],
    ...Array(3).fill(Number.POSITIVE_INFINITY),
  ]);
});
