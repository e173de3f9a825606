import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { buildPod, buildReplicaSet, NOW_MS } from "./replica-builders.ts";
import { nextAvailableInMs, replicaStatus } from "./status.ts";

describe("replica status", () => {
  it("counts labels, readiness and availability", () => {
    const set = buildReplicaSet(4, { minReadySeconds: 30 });
    const active = [
      buildPod({ name: "a" }),
      buildPod({ name: "b", readyForMs: 10_000 }),
      buildPod({ name: "c", ready: false }),
      buildPod({ name: "d", labels: { app: "other" } }),
    ];
    assert.deepEqual(replicaStatus(set, { active, terminating: 1, nowMs: NOW_MS }), {
      replicas: 4,
      fullyLabeledReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 2,
      terminatingReplicas: 1,
      observedGeneration: 1,
    });
    assert.equal(nextAvailableInMs(set, active, NOW_MS), 20_000);
  });

  it("leaves out what is zero", () => {
    assert.deepEqual(replicaStatus(buildReplicaSet(0), { active: [], terminating: undefined, nowMs: NOW_MS }), {
      replicas: 0,
      observedGeneration: 1,
    });
    assert.equal(nextAvailableInMs(buildReplicaSet(0), [], NOW_MS), undefined);
  });

  it("tells a failure once and takes it back when it is over", () => {
    const set = buildReplicaSet(3);
    const failure = { reason: "FailedCreate", message: "exceeded quota" } as const;
    const failed = replicaStatus(set, { active: [], terminating: 0, failure, nowMs: NOW_MS });
    assert.deepEqual(failed.conditions, [
      {
        type: "ReplicaFailure",
        status: "True",
        reason: "FailedCreate",
        message: "exceeded quota",
        lastTransitionTime: "2026-01-02T00:00:00Z",
      },
    ]);
    set.status = failed;
    const later = { ...failure, message: "exceeded quota again" };
    const again = replicaStatus(set, { active: [], terminating: 0, failure: later, nowMs: NOW_MS + 5000 });
    assert.deepEqual(again.conditions, failed.conditions);
    assert.equal(replicaStatus(set, { active: [], terminating: 0, nowMs: NOW_MS }).conditions, undefined);
  });
});
