import assert from "node:assert/strict";
import { test } from "node:test";
import { buildEndpointPod as pod } from "./pod-builders.ts";
import { TriggerTimes, withLastChange } from "./trigger-times.ts";

const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`;
const service = { metadata: { creationTimestamp: at(10) } };

test("of a service that is new it is its creation, whatever its pods", () => {
  const times = new TriggerTimes();
  assert.equal(times.next("default/web", service, [pod(1, { readySince: at(5) })]), at(10));
  assert.equal(times.next("default/web", service, [pod(1, { readySince: at(5) })]), undefined);
});

test("the earliest of the changes since the last look counts, each of them once", () => {
  const times = new TriggerTimes();
  times.next("default/web", service, [pod(1, { readySince: at(20) }), pod(2, { readySince: at(21) })]);
  const pods = [pod(1, { readySince: at(30) }), pod(2, { readySince: at(25) }), pod(3)];
  assert.equal(times.next("default/web", service, pods), at(25));
  assert.equal(times.next("default/web", service, pods), undefined);
  // One that went and came back is new.
  times.next("default/web", service, pods.slice(1));
  assert.equal(times.next("default/web", service, pods), at(30));
});

test("a service that was made again under its name counts as a change, or as new when it was seen to be gone", () => {
  const times = new TriggerTimes();
  times.next("default/web", service, []);
  assert.equal(times.next("default/web", { metadata: { creationTimestamp: at(40) } }, []), at(40));
  times.forget("default/web");
  assert.equal(times.next("default/web", service, []), at(10));
});

test("the annotation goes when there is nothing new to tell", () => {
  const told = withLastChange({ metadata: { name: "web", annotations: { keep: "me" } } }, at(1));
  assert.deepEqual(told.metadata?.annotations, {
    keep: "me",
    "endpoints.kubernetes.io/last-change-trigger-time": at(1),
  });
  assert.deepEqual(withLastChange(told, undefined).metadata, { name: "web", annotations: { keep: "me" } });
  assert.deepEqual(withLastChange({ metadata: { name: "web" } }, undefined), { metadata: { name: "web" } });
});
