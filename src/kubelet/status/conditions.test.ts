import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, ContainerState, ContainerStatus } from "../../api/generated/core/v1.ts";
import { podConditions } from "./conditions.ts";
import type { Phase } from "./phase.ts";

const running: ContainerState = { running: {} };
const waiting: ContainerState = { waiting: { reason: "PodInitializing" } };
const failed: ContainerState = { terminated: { exitCode: 1 } };
const status = (name: string, state: ContainerState, change: Partial<ContainerStatus> = {}): ContainerStatus => ({
  ...{ name, state, lastState: {}, ready: false, restartCount: 0, image: "", imageID: "" },
  ...change,
});

function initialized(phase: Phase, first: ContainerStatus, main: ContainerState, more: Partial<Container> = {}) {
  const spec = { initContainers: [{ name: "first", ...more }], containers: [{ name: "main" }] };
  const of = { pod: { spec }, phase, init: [first], regular: [status("main", main)], sandboxReady: true };
  const found = podConditions(of).find(({ type }) => type === "Initialized");
  return [found?.status, found?.reason, found?.message];
}

test("a pod is initialized when its init containers have done their work, and stays so", () => {
  const not = ["False", "ContainersNotInitialized", "containers with incomplete status: [first]"];
  const done = ["True", undefined, undefined];
  assert.deepEqual(initialized("Pending", status("first", running), waiting), not);
  assert.deepEqual(initialized("Failed", status("first", failed), waiting), not, "what failed is told no other way");
  assert.deepEqual(initialized("Pending", status("first", failed, { ready: true }), waiting), done);
  const sidecar = { restartPolicy: "Always" };
  assert.deepEqual(initialized("Pending", status("first", waiting), waiting, sidecar), not);
  assert.deepEqual(initialized("Pending", status("first", running, { started: true }), waiting, sidecar), done);
  assert.deepEqual(initialized("Running", status("first", waiting), running, sidecar), done, "the sidecar comes again");
  assert.deepEqual(initialized("Succeeded", status("first", failed), failed), ["True", "PodCompleted", undefined]);
});
