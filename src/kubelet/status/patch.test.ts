import assert from "node:assert/strict";
import { test } from "node:test";
import { isStatusShown, statusPatch } from "./patch.ts";

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

test("conditions of a resize are taken away when it is over, and those of others stay", () => {
  const gate = { type: "example.com/gate", status: "True" };
  const before = [ready, { type: "PodResizeInProgress", status: "True" }, gate];
  const wanted = { conditions: [ready] };
  assert.deepEqual(statusPatch({ conditions: before }, wanted), {
    conditions: [{ $patch: "delete", type: "PodResizeInProgress" }],
  });
  assert.equal(isStatusShown({ conditions: before }, wanted), false);
  assert.equal(isStatusShown({ conditions: [ready, gate] }, wanted), true);
});

test("an old address is taken out of the list by name", () => {
  assert.deepEqual(statusPatch({ podIPs: [{ ip: "10.0.0.1" }] }, { podIPs: [{ ip: "10.0.0.2" }] }), {
    podIPs: [{ ip: "10.0.0.2" }, { $patch: "delete", ip: "10.0.0.1" }],
  });
});

const shown = { phase: "Running", podIPs: [{ ip: "10.0.0.1" }], conditions: [{ ...ready, reason: "r" }] };

for (const [what, wanted, is] of [
  ["the same", shown, true],
  [
    "the same without what others wrote",
    { ...shown, conditions: [{ ...ready, reason: "r", message: undefined }] },
    true,
  ],
  ["another phase", { ...shown, phase: "Failed" }, false],
  ["no address", { ...shown, podIPs: undefined }, false],
  ["a further condition", { ...shown, conditions: [...shown.conditions, { ...ready, type: "New" }] }, false],
  ["a condition without its reason", { ...shown, conditions: [ready] }, false],
] as const) {
  test(`a status is shown, or there is something to send: ${what}`, () => {
    assert.equal(isStatusShown(shown, wanted as never), is);
    assert.equal(statusPatch(shown, wanted as never) === undefined, is);
  });
}
