import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/generated/core/v1.ts";
import { podFacts } from "./pod-facts.ts";

const amounts = { cpu: "100m", memory: "64Mi" };

function replica(
  more: { generation?: number; cpu?: string; status?: Pod["status"]; labels?: Record<string, string> } = {},
): Pod {
  const requests = { ...amounts, ...(more.cpu === undefined ? {} : { cpu: more.cpu }) };
  return {
    metadata: {
      ...{
        name: "a",
        namespace: "shop",
        uid: "1",
        generation: more.generation ?? 1,
        labels: more.labels ?? { app: "web" },
      },
      creationTimestamp: "2026-01-01T00:00:00Z",
    },
    spec: {
      nodeName: "n1",
      containers: [{ name: "web", image: "web:1", resources: { requests } }],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
    },
    status: more.status,
  };
}

const running = (held: Record<string, string>): Pod["status"] => ({
  phase: "Running",
  containerStatuses: [
    { name: "web", image: "web:1", imageID: "1", ready: true, restartCount: 0, allocatedResources: held },
  ],
});

test("a state that says nothing new to the scheduler is the facts that it has", () => {
  const before = podFacts(replica());
  assert.equal(podFacts(replica({ status: running(amounts) }), before), before);
  assert.deepEqual(podFacts(replica({ status: running(amounts) })), before);
});

test("what changed is read anew, and the rest is kept", () => {
  const before = podFacts(replica());
  const labelled = podFacts(replica({ labels: { app: "other" } }), before);
  assert.deepEqual(labelled, podFacts(replica({ labels: { app: "other" } })));
  assert.equal(labelled.needs, before.needs);
  assert.equal(podFacts(replica({ generation: 2, cpu: "200m" }), before).needs.requests.milliCpu, 200);
});

test("pods that stand alike say so with one object, until one of them stands otherwise", () => {
  const bound: Pod["status"] = { conditions: [{ type: "PodScheduled", status: "True" }] };
  const before = podFacts(replica({ status: bound }));
  const peer = replica({ status: bound });
  assert.equal(podFacts({ ...peer, metadata: { ...peer.metadata, uid: "2" } }).standing, before.standing);
  const marked: Pod["status"] = { conditions: [{ type: "DisruptionTarget", status: "True" }, ...bound.conditions!] };
  const leaving = podFacts(replica({ status: { ...marked, nominatedNodeName: "n2" } }), before);
  const scheduled = { status: "True", reason: "", message: "" };
  const standing = { nominatedNodeName: "n2", beingDeleted: false, scheduled, disruptionTarget: true };
  assert.deepEqual(leaving, { ...before, standing });
  assert.equal(podFacts(replica({ status: { ...marked, nominatedNodeName: "n2" } }), leaving), leaving);
});

test("images that volumes show count among those of a pod", () => {
  const shown = replica();
  shown.spec!.volumes!.push({ name: "model", image: { reference: "model:1" } });
  assert.deepEqual(podFacts(shown).needs.images, ["web:1", "model:1"]);
  assert.equal(podFacts(shown).needs.containerCount, 1);
});

test("a pod holds what its containers have while they are resized, and what it asks for after that", () => {
  const before = podFacts(replica({ generation: 2 }));
  const resizing = podFacts(replica({ generation: 2, status: running({ cpu: "300m", memory: "64Mi" }) }), before);
  assert.equal(resizing.needs.requests.milliCpu, 300);
  const done = podFacts(replica({ generation: 2, status: running(amounts) }), resizing);
  assert.equal(done.needs.requests.milliCpu, 100);
});

test("another pod of the same name shares nothing", () => {
  const before = podFacts(replica());
  const pod = replica();
  const other = podFacts({ ...pod, metadata: { ...pod.metadata, uid: "2" } }, before);
  assert.equal(other.uid, "2");
});
