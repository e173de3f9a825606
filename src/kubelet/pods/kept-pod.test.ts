import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/generated/core/v1.ts";
import { keptPod } from "./kept-pod.ts";

function pod(name: string): Pod {
  const token = `kube-api-access-${name}`;
  const condition = { type: "Ready", status: "True", lastTransitionTime: "2026-01-02T00:00:00Z" };
  return structuredClone({
    metadata: { name, uid: name, labels: { app: "web" }, managedFields: [{ manager: "kubelet" }] },
    spec: {
      nodeName: name,
      tolerations: [{ key: "a", operator: "Exists" }],
      containers: [
        {
          name: "web",
          image: "web:1",
          resources: { requests: { cpu: "1" } },
          volumeMounts: [{ name: token, mountPath: "/token" }],
        },
      ],
      volumes: [{ name: token, projected: { sources: [{ serviceAccountToken: { path: "token" } }] } }],
    },
    status: { phase: "Running", conditions: [condition] },
  });
}

test("a pod is kept as it is, without its managers", () => {
  const { managedFields: _, ...metadata } = pod("a").metadata!;
  assert.deepEqual(keptPod(pod("a")), { ...pod("a"), metadata });
  assert.deepEqual(keptPod({ metadata: { name: "b" } }), { metadata: { name: "b" } });
});

test("what pods have in common is kept once, and each has its own", () => {
  const [one, other] = [keptPod(pod("a")), keptPod(pod("b"))];
  assert.equal(one.spec?.tolerations, other.spec?.tolerations);
  assert.equal(one.spec?.containers[0]?.resources, other.spec?.containers[0]?.resources);
  assert.equal(one.spec?.volumes?.[0]?.projected, other.spec?.volumes?.[0]?.projected);
  assert.equal(one.metadata?.labels, other.metadata?.labels);
  assert.equal(one.status?.conditions?.[0], other.status?.conditions?.[0]);
  assert.equal(other.spec?.containers[0]?.volumeMounts?.[0]?.name, "kube-api-access-b");
  assert.equal(other.spec?.nodeName, "b");
});

test("a later state has the spec of an earlier one as long as its generation says so", () => {
  const at = (generation: number | undefined, image: string): Pod => {
    const found = pod("a");
    found.metadata!.generation = generation;
    found.spec!.containers[0]!.image = image;
    return found;
  };
  const before = keptPod(at(1, "web:1"));
  assert.equal(keptPod(at(1, "web:1"), before).spec, before.spec);
  assert.equal(keptPod(at(2, "web:2"), before).spec?.containers[0]?.image, "web:2");
  const uncounted = keptPod(at(undefined, "web:1"));
  assert.equal(keptPod(at(undefined, "web:2"), uncounted).spec?.containers[0]?.image, "web:2");
  const relabelled = at(1, "web:1");
  relabelled.metadata!.labels = { app: "other" };
  assert.deepEqual(keptPod(relabelled, before).metadata?.labels, { app: "other" });
});

test("a later state has what it says alike from an earlier one, and what containers have in common is kept once", () => {
  const running = (name: string, phase = "Running"): Pod => {
    const found = pod(name);
    const state = { running: { startedAt: "2026-01-02T00:00:01Z" } };
    const own = { containerID: `simulated://${name}`, ready: true, restartCount: 0, image: "web:1", imageID: "web:1" };
    const volumeMounts = [{ name: `kube-api-access-${name}`, mountPath: "/token" }];
    const containerStatuses = [{ name: "web", ...own, state, lastState: {}, volumeMounts }];
    found.status = { ...found.status, phase, podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }], containerStatuses };
    return found;
  };
  const [one, other] = [keptPod(running("a")), keptPod(running("b"))];
  assert.deepEqual(one.status, running("a").status);
  const [first, second] = [one, other].map(({ status }) => status!.containerStatuses![0]!);
  assert.equal(first?.state, second?.state);
  assert.equal(first?.lastState, second?.lastState);
  assert.notEqual(first?.containerID, second?.containerID);
  assert.equal(keptPod(running("a"), one).status, one.status);
  assert.deepEqual(keptPod(running("a", "Failed"), one).status, running("a", "Failed").status);
});
