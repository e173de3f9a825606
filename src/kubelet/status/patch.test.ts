import assert from "node:assert/strict";
import { test } from "node:test";
import { statusPatch } from "./patch.ts";

const ready = { type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" };

test("nothing is sent when nothing differs, whatever others wrote", () => {
  const mine = { phase: "Running", conditions: [ready] };
  const foreign = { type: "example.com/gate", status: "True" };
  assert.equal(statusPatch({ ...mine, conditions: [ready, foreign], nominatedNodeName: "n2" }, mine), undefined);
});

test("only what changed is sent", () => {
  const before = { phase: "Pending", hostIP: "1.2.3.4", conditions: [ready] };
  assert.deepEqual(statusPatch(before, { ...before, phase: "Running" }), { phase: "Running" });
});

test("a field that is no longer there is taken away", () => {
  assert.deepEqual(statusPatch({ message: "old", phase: "Running" }, { phase: "Running" }), { message: null });
});

test("a condition loses its reason and message", () => {
  const before = [
    { type: "Ready", status: "False", reason: "ContainersNotReady", message: "m", lastTransitionTime: "t1" },
  ];
  const after = [{ type: "Ready", status: "True", lastTransitionTime: "t2" }];
  assert.deepEqual(statusPatch({ conditions: before }, { conditions: after }), {
    conditions: [{ type: "Ready", status: "True", lastTransitionTime: "t2", reason: null, message: null }],
  });
});

test("an old address is taken out of the list by name", () => {
  assert.deepEqual(statusPatch({ podIPs: [{ ip: "10.0.0.1" }] }, { podIPs: [{ ip: "10.0.0.2" }] }), {
    podIPs: [{ ip: "10.0.0.2" }, { $patch: "delete", ip: "10.0.0.1" }],
  });
});
