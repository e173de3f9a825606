import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodCertificateRequest } from "../../api/generated/certificates.k8s.io/v1beta1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import {
  persistentVolumes,
  podCertificateRequests,
  pods,
  resourceSlices,
  volumeAttachments,
} from "../../api/generated/resources.ts";
import { MemoryReader } from "../testing/memory-reader.ts";
import type { AuthorizationAttributes } from "./authorizer.ts";
import { createAuthorizer } from "./create-authorizer.ts";

const pod: Pod = {
  metadata: { name: "web", namespace: "shop" },
  spec: {
    nodeName: "boat",
    serviceAccountName: "seller",
    imagePullSecrets: [{ name: "pull" }],
    containers: [
      {
        name: "a",
        envFrom: [{ configMapRef: { name: "env-map" } }, { secretRef: { name: "env-secret" } }],
        env: [{ name: "X", valueFrom: { secretKeyRef: { name: "key-secret", key: "k" } } }],
      },
    ],
    initContainers: [
      { name: "i", env: [{ name: "Y", valueFrom: { configMapKeyRef: { name: "key-map", key: "k" } } }] },
    ],
    volumes: [
      { name: "s", secret: { secretName: "volume-secret" } },
      { name: "c", configMap: { name: "volume-map" } },
      {
        name: "p",
        projected: { sources: [{ secret: { name: "projected-secret" } }, { configMap: { name: "projected-map" } }] },
      },
      { name: "d", persistentVolumeClaim: { claimName: "data" } },
      { name: "e", ephemeral: {} },
    ],
    resourceClaims: [{ name: "gpu", resourceClaimName: "gpu-claim" }],
  },
};

async function world() {
  const reader = new MemoryReader();
  reader.put(pods, pod);
  reader.put(persistentVolumes, {
    metadata: { name: "disk" },
    spec: {
      claimRef: { namespace: "shop", name: "data" },
      csi: { driver: "d", volumeHandle: "h", nodePublishSecretRef: { name: "mount", namespace: "storage" } },
    },
  });
  reader.put(volumeAttachments, { metadata: { name: "va" }, spec: { attacher: "a", nodeName: "boat", source: {} } });
  reader.put(resourceSlices, {
    metadata: { name: "slice" },
    spec: { driver: "d", nodeName: "boat", pool: { name: "p", generation: 1, resourceSliceCount: 1 } },
  });
  const request = { signerName: "x.example/y", podName: "web", podUID: "1", nodeName: "boat" };
  reader.put(podCertificateRequests, {
    metadata: { name: "mine", namespace: "shop" },
    spec: request as PodCertificateRequest["spec"],
  });
  return { reader, authorization: await createAuthorizer(reader) };
}

/** `get secrets shop/pull`, with the group behind the resource after a dot. */
function ask(node: string, question: string, over: Partial<AuthorizationAttributes> = {}): AuthorizationAttributes {
  const [verb = "", what = "", target = ""] = question.split(" ");
  const [resource = "", subresource = ""] = (what.split(".")[0] ?? "").split("/");
  const [namespace = "", name = ""] = target.includes("/") ? target.split("/") : ["", target];
  const user = { name: `system:node:${node}`, groups: ["system:nodes", "system:authenticated"] };
  const group = what.split(".").slice(1).join(".");
  return {
    user,
    verb,
    resourceRequest: true,
    group,
    version: "v1",
    resource,
    subresource,
    namespace,
    name,
    path: "",
    ...over,
  };
}

test("a node reads what its pods refer to, and nothing else", async () => {
  const { authorization } = await world();
  const mine = [
    ...["pull", "env-secret", "key-secret", "volume-secret", "projected-secret"].map(
      (name) => `get secrets shop/${name}`,
    ),
    ...["env-map", "key-map", "volume-map", "projected-map"].map((name) => `watch configmaps shop/${name}`),
    "get persistentvolumeclaims shop/data",
    "get persistentvolumeclaims shop/web-e",
    "patch persistentvolumeclaims/status shop/data",
    "get persistentvolumes disk",
    "get secrets storage/mount",
    "create serviceaccounts/token shop/seller",
    "get resourceclaims.resource.k8s.io shop/gpu-claim",
    "get pods shop/web",
    "get volumeattachments.storage.k8s.io va",
    "delete resourceslices.resource.k8s.io slice",
  ];
  for (const question of mine) {
    assert.equal((await authorization.authorize(ask("boat", question))).decision, "allow", question);
    assert.deepEqual(
      await authorization.authorize(ask("raft", question)),
      { decision: "noOpinion", reason: "no relationship found between node 'raft' and this object" },
      question,
    );
  }
});

test("fixed rules and refusals", async () => {
  const { authorization } = await world();
  const selector = (fieldSelector: string) => ({ fieldSelector });
  const cases: [AuthorizationAttributes, string | true][] = [
    [ask("boat", "list secrets shop/"), "No Object name found"],
    [ask("boat", "list secrets "), "can only read namespaced object of this type"],
    [ask("boat", "update secrets shop/pull"), "can only read resources of this type"],
    [ask("boat", "list persistentvolumes"), "can only get individual resources of this type"],
    [ask("boat", "create serviceaccounts shop/seller"), "can only create token subresource of serviceaccount"],
    [ask("boat", "get nodes boat"), true],
    [ask("boat", "get nodes raft"), "node 'boat' cannot read 'raft', only its own Node object"],
    [ask("boat", "list nodes"), "node 'boat' cannot read all nodes, only its own Node object"],
    [ask("boat", "create nodes"), true],
    [ask("boat", "patch nodes/status boat"), true],
    [ask("boat", "delete nodes boat"), ""],
    [ask("boat", "list pods"), "can only list/watch pods with spec.nodeName field selector"],
    [ask("boat", "list pods", selector("spec.nodeName=boat")), true],
    [ask("boat", "watch pods", selector("status.phase!=Failed,spec.nodeName==boat")), true],
    [
      ask("boat", "watch pods", selector("spec.nodeName=raft")),
      "can only list/watch pods with spec.nodeName field selector",
    ],
    [
      ask("boat", "watch pods", selector("spec.nodeName!=boat")),
      "can only list/watch pods with spec.nodeName field selector",
    ],
    [
      ask("boat", "watch pods", selector("spec.nodeName=boat,===")),
      "can only list/watch pods with spec.nodeName field selector",
    ],
    [ask("boat", "create pods/eviction shop/web"), true],
    [ask("boat", "update leases.coordination.k8s.io kube-node-lease/boat"), true],
    [ask("boat", "create leases.coordination.k8s.io kube-node-lease/"), true],
    [
      ask("boat", "update leases.coordination.k8s.io kube-node-lease/raft"),
      "can only access node lease with the same name as the requesting node",
    ],
    [
      ask("boat", "get leases.coordination.k8s.io kube-system/boat"),
      'can only access leases in the "kube-node-lease" system namespace',
    ],
    [
      ask("boat", "list leases.coordination.k8s.io kube-node-lease/"),
      "can only get, create, update, patch, or delete a node lease",
    ],
    [ask("boat", "create csinodes.storage.k8s.io"), true],
    [
      ask("boat", "get csinodes.storage.k8s.io raft"),
      "can only access CSINode with the same name as the requesting node",
    ],
    [ask("boat", "list services"), true],
    [ask("boat", "create events shop/"), true],
    [ask("boat", "list deployments.apps"), ""],
    [ask("boat", "list resourceslices.resource.k8s.io", selector("spec.nodeName=boat")), true],
    [ask("boat", "create podcertificaterequests.certificates.k8s.io shop/"), true],
    [ask("boat", "get podcertificaterequests.certificates.k8s.io shop/mine"), true],
    [
      ask("raft", "get podcertificaterequests.certificates.k8s.io shop/mine"),
      "no relationship found between node 'raft' and this object",
    ],
    [ask("boat", "watch podcertificaterequests.certificates.k8s.io", selector("spec.nodeName=boat")), true],
    [
      ask("boat", "list podcertificaterequests.certificates.k8s.io"),
      "can only list/watch podcertificaterequests with nodeName field selector",
    ],
    [
      ask("boat", "update podcertificaterequests/status.certificates.k8s.io shop/mine"),
      "nodes may not access the status subresource of PodCertificateRequests",
    ],
    [ask("boat", "list clustertrustbundles.certificates.k8s.io"), true],
    [ask("boat", "list services", { user: { name: "system:node:boat", groups: [] } }), ""],
    [ask("", "list services"), 'unknown node for user "system:node:"'],
  ];
  for (const [question, expected] of cases) {
    const answer = await authorization.authorize(question);
    const wanted = expected === true ? { decision: "allow", reason: "" } : { decision: "noOpinion", reason: expected };
    assert.deepEqual(answer, wanted, JSON.stringify(question));
  }
});

test("rights end with the last pod that refers to the object", async () => {
  const { reader, authorization } = await world();
  const may = async (question: string) => (await authorization.authorize(ask("boat", question))).decision === "allow";
  const second: Pod = { ...pod, metadata: { name: "web2", namespace: "shop" } };
  reader.put(pods, second);
  reader.remove(pods, "shop", "web");
  assert.ok(await may("get secrets shop/pull"));
  reader.put(pods, { ...second, spec: { ...second.spec!, imagePullSecrets: [] } });
  assert.ok(!(await may("get secrets shop/pull")));
  assert.ok(await may("get secrets shop/env-secret"));
  reader.remove(pods, "shop", "web2");
  assert.ok(!(await may("get secrets shop/env-secret")));
  assert.ok(!(await may("get persistentvolumes disk")));
});

test("a pod is its node's from its binding until it is gone", async () => {
  const { reader, authorization } = await world();
  const may = async (node: string, question = "get pods shop/late") =>
    (await authorization.authorize(ask(node, question))).decision === "allow";
  const late: Pod = { metadata: { name: "late", namespace: "shop" }, spec: { containers: [] } };
  const none = { decision: "noOpinion", reason: "no relationship found between node 'boat' and this object" };
  assert.deepEqual(await authorization.authorize(ask("boat", "get pods shop/late")), none);
  reader.put(pods, late);
  assert.deepEqual(await authorization.authorize(ask("boat", "get pods shop/late")), none);
  reader.put(pods, { ...late, spec: { containers: [], nodeName: "boat" } });
  assert.ok(await may("boat"));
  assert.ok(await may("boat", "watch pods shop/late"));
  assert.ok(!(await may("boat", "get pods lab/late")));
  assert.ok(!(await may("raft")));
  reader.remove(pods, "shop", "late");
  assert.deepEqual(await authorization.authorize(ask("boat", "get pods shop/late")), none);
  assert.deepEqual(await authorization.authorize(ask("boat", "get pods shop/")), {
    decision: "noOpinion",
    reason: "No Object name found",
  });
});

test("a mirror pod opens nothing", async () => {
  const { reader, authorization } = await world();
  const mirror = { name: "static", namespace: "lab", annotations: { "kubernetes.io/config.mirror": "hash" } };
  reader.put(pods, { ...pod, metadata: mirror });
  const may = async (question: string) => (await authorization.authorize(ask("boat", question))).decision === "allow";
  assert.ok(await may("get pods lab/static"));
  assert.ok(!(await may("get secrets lab/pull")));
  assert.ok(!(await may("create serviceaccounts/token lab/seller")));
});
