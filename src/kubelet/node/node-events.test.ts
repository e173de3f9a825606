import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeStatus } from "../../api/generated/core/v1.ts";
import { nodeStatusEvents } from "./node-events.ts";

function status(conditions: Record<string, string>, bootID = "one"): NodeStatus {
  return {
    nodeInfo: { bootID } as NonNullable<NodeStatus["nodeInfo"]>,
    conditions: Object.entries(conditions).map(([type, value]) => ({ type, status: value })),
  };
}

const GOOD = { MemoryPressure: "False", DiskPressure: "False", PIDPressure: "False" };
const reasons = (before: NodeStatus, after: NodeStatus): string[] =>
  nodeStatusEvents("a", before, after).map(({ reason }) => reason);

test("what a kubelet tells of its node", () => {
  const sufficient = ["NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID"];
  assert.deepEqual(reasons({}, status({ ...GOOD, Ready: "False" })), sufficient);
  assert.deepEqual(reasons(status({ ...GOOD, Ready: "False" }), status({ ...GOOD, Ready: "True" })), ["NodeReady"]);
  assert.deepEqual(reasons(status({ ...GOOD, Ready: "Unknown" }), status({ ...GOOD, Ready: "True" })), ["NodeReady"]);
  assert.deepEqual(reasons(status({ Ready: "True" }), status({ Ready: "False" })), ["NodeNotReady"]);
  assert.deepEqual(reasons(status(GOOD), status(GOOD)), []);
  assert.deepEqual(reasons(status(GOOD), status({ ...GOOD, DiskPressure: "True" })), ["NodeHasDiskPressure"]);
  assert.deepEqual(reasons(status({ PIDPressure: "True" }), status({ PIDPressure: "False" })), [
    "NodeHasSufficientPID",
  ]);
});

test("a node that was rebooted", () => {
  assert.deepEqual(nodeStatusEvents("a", status(GOOD, "one"), status(GOOD, "two")), [
    { type: "Warning", reason: "Rebooted", message: "Node a has been rebooted, boot id: two" },
  ]);
  assert.deepEqual(nodeStatusEvents("a", status({ MemoryPressure: "False" }), status({ MemoryPressure: "True" })), [
    {
      type: "Normal",
      reason: "NodeHasInsufficientMemory",
      message: "Node a status is now: NodeHasInsufficientMemory",
    },
  ]);
});
