import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/generated/core/v1.ts";
import { compareResizes, type WaitingResize } from "./order.ts";

function waits(
  cpu: string,
  of: { from?: string; priority?: number; sinceMs?: number; guaranteed?: true } = {},
): WaitingResize {
  const pod = (amount: string): Pod => {
    const amounts = { cpu: amount, memory: "1Mi" };
    const resources = { requests: amounts, ...(of.guaranteed && { limits: amounts }) };
    return { spec: { priority: of.priority, containers: [{ name: "a", resources }] } };
  };
  return { wanted: pod(cpu), allocated: pod(of.from ?? "1"), sinceMs: of.sinceMs };
}

test("who asks for nothing more is first, then priority, quality of service and how long it has waited", () => {
  const inOrder = {
    "gives back": waits("500m", { sinceMs: 9 }),
    "asks for more, of high priority": waits("2", { priority: 10 }),
    "of high priority as well, but new": waits("3", { priority: 10, from: "2" }),
    guaranteed: waits("2", { guaranteed: true, sinceMs: 8 }),
    "has waited long": waits("2", { sinceMs: 1 }),
    "has waited": waits("4", { sinceMs: 2 }),
    "is new": waits("2"),
    "of low priority": waits("2", { priority: -1, sinceMs: 0 }),
  };
  const names = Object.keys(inOrder);
  const sorted = Object.entries(inOrder)
    .reverse()
    .sort(([, one], [, other]) => compareResizes(one, other))
    .map(([name]) => name);
  // The two of high priority are alike in all: they stay as they came.
  assert.deepEqual(sorted, [names[0], names[2], names[1], ...names.slice(3)]);
});
