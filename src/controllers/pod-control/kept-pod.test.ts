import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/generated/core/v1.ts";
import { keptPod } from "./kept-pod.ts";

const replica = (name: string, more: { annotations?: Record<string, string>; ready?: boolean } = {}): Pod => ({
  metadata: {
    name,
    namespace: "shop",
    uid: `uid of ${name}`,
    labels: { app: "web" },
    annotations: { "example.com/note": "long", ...more.annotations },
    ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "1", controller: true }],
  },
  spec: {
    nodeName: "n1",
    containers: [{ name: "web", image: "web:1", env: [{ name: "A", value: "B" }] }],
    tolerations: [{ operator: "Exists" }],
  },
  status: {
    phase: "Running",
    conditions: [
      { type: "Ready", status: more.ready === false ? "False" : "True", lastTransitionTime: "2026-01-01T00:00:00Z" },
    ],
    containerStatuses: [
      {
        name: "web",
        ready: true,
        restartCount: 2,
        image: "web:1",
        imageID: "sha256:1",
        state: { running: { startedAt: "2026-01-01T00:00:00Z" } },
      },
    ],
  },
});

test("what controllers read of a pod is kept, and the bulk is not", () => {
  const kept = keptPod(replica("a", { annotations: { "controller.kubernetes.io/pod-deletion-cost": "5" } }));
  assert.equal(kept.metadata?.uid, "uid of a");
  assert.deepEqual(kept.metadata?.annotations, { "controller.kubernetes.io/pod-deletion-cost": "5" });
  assert.deepEqual(kept.spec?.containers, [{ name: "web", ports: undefined }]);
  assert.deepEqual(kept.spec?.tolerations, [{ operator: "Exists" }]);
  assert.equal(kept.status?.containerStatuses?.[0]?.restartCount, 2);
  assert.equal(kept.status?.conditions?.[0]?.lastTransitionTime, "2026-01-01T00:00:00Z");
});

test("a container's end is kept", () => {
  const pod = replica("a");
  const ended = { exitCode: 3, finishedAt: "2026-01-01T00:00:09Z" };
  pod.status!.initContainerStatuses = [{ ...pod.status!.containerStatuses![0]!, state: { terminated: ended } }];
  assert.deepEqual(keptPod(pod).status?.initContainerStatuses?.[0]?.state, { terminated: ended });
});

test("what replicas have in common is the same object", () => {
  const [a, b] = [keptPod(replica("a")), keptPod(replica("b", { ready: false }))];
  assert.equal(a.spec, b.spec);
  assert.equal(a.metadata?.labels, b.metadata?.labels);
  assert.equal(a.metadata?.ownerReferences, b.metadata?.ownerReferences);
  assert.equal(a.status?.containerStatuses, b.status?.containerStatuses);
  assert.notDeepEqual(a.status?.conditions, b.status?.conditions);
});

test("a later state has the spec of an earlier one as long as its generation and its node say so", () => {
  const at = (generation: number, nodeName: string): Pod => {
    const found = replica("a");
    return { ...found, metadata: { ...found.metadata, generation }, spec: { ...found.spec!, nodeName } };
  };
  const before = keptPod(at(1, "n1"));
  assert.equal(keptPod(at(1, "n1"), before).spec, before.spec);
  assert.equal(keptPod(at(1, "n2"), before).spec?.nodeName, "n2");
  assert.equal(keptPod(at(2, "n3"), before).spec?.nodeName, "n3");
});
