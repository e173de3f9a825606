import assert from "node:assert/strict";
import { test } from "node:test";
import type { TokenRequest } from "../../api/generated/authentication.k8s.io/v1.ts";
import type { Node, PersistentVolumeClaim, Pod } from "../../api/generated/core/v1.ts";
import {
  csiNodes,
  leases,
  nodes,
  persistentVolumeClaims,
  pods,
  serviceAccounts,
} from "../../api/generated/resources.ts";
import type { ApiObject, ObjectMeta, ResourceReference } from "../../api/meta.ts";
import { admissionBench, type Write } from "../testing/admission-bench.ts";
import { boat, podOnBoat } from "../testing/boat.ts";
import { nodeRestriction } from "./node-restriction.ts";

const owner = { apiVersion: "v1", kind: "Node", name: "boat", uid: "node-1", controller: true };
const mirror: ObjectMeta = {
  name: "static",
  namespace: "shop",
  annotations: { "kubernetes.io/config.mirror": "hash" },
  ownerReferences: [owner],
};

const node = (name: string, over: Partial<ObjectMeta> = {}, spec: Node["spec"] = {}): Node => ({
  metadata: { name, ...over },
  spec,
});

async function check(name: string, write: Write<ApiObject>, message: RegExp | undefined): Promise<void> {
  const bench = admissionBench();
  bench.reader.put(nodes, { metadata: { name: "boat", uid: "node-1" } });
  const sources = ["", "vault"].map((audience) => ({ serviceAccountToken: { path: "token", audience } }));
  const mounted = { volumes: [{ name: "token", projected: { sources } }] };
  bench.reader.put(pods, podOnBoat({ name: "web", namespace: "shop", uid: "pod-1" }, mounted), {
    ...podOnBoat({ name: "far", namespace: "shop", uid: "pod-2" }, { nodeName: "raft" }),
  });
  const result = bench.run(nodeRestriction(bench), { user: boat, ...write });
  if (message === undefined) await result;
  else await assert.rejects(result, message, name);
}

test("pods", async () => {
  const other = podOnBoat({ name: "x", namespace: "shop" }, { nodeName: "raft" });
  const own = podOnBoat({ name: "x", namespace: "shop", labels: { a: "b" } });
  const relabelled = podOnBoat({ name: "x", namespace: "shop", labels: { a: "c" } });
  const cases: [string, Omit<Write<Pod>, "resource">, RegExp | undefined][] = [
    ["a mirror pod", { object: podOnBoat(mirror) }, undefined],
    [
      "no mirror",
      { object: podOnBoat({ name: "x", namespace: "shop" }) },
      /does not have "kubernetes.io\/config.mirror" annotation, node "boat" can only create mirror pods/,
    ],
    [
      "for another node",
      { object: podOnBoat(mirror, { nodeName: "raft" }) },
      /can only create pods with spec.nodeName set to itself/,
    ],
    [
      "with an account",
      { object: podOnBoat(mirror, { serviceAccountName: "x" }) },
      /can not create pods that reference a service account/,
    ],
    [
      "with a secret",
      { object: podOnBoat(mirror, { volumes: [{ name: "v", secret: { secretName: "s" } }] }) },
      /can not create pods that reference secrets/,
    ],
    [
      "without an owner",
      { object: podOnBoat({ ...mirror, ownerReferences: [] }) },
      /single owner reference set to itself/,
    ],
    [
      "with another owner",
      { object: podOnBoat({ ...mirror, ownerReferences: [{ ...owner, name: "raft" }] }) },
      /owner reference set to itself/,
    ],
    [
      "with an older owner",
      { object: podOnBoat({ ...mirror, ownerReferences: [{ ...owner, uid: "node-0" }] }) },
      /UID mismatch/,
    ],
    ["delete own", { operation: "DELETE", oldObject: own }, undefined],
    [
      "delete another's",
      { operation: "DELETE", oldObject: other },
      /can only delete pods with spec.nodeName set to itself/,
    ],
    ["change", { operation: "UPDATE", object: own, oldObject: own }, /unexpected operation "UPDATE"/],
    ["report", { operation: "UPDATE", subresource: "status", object: own, oldObject: own }, undefined],
    [
      "report of another's",
      { operation: "UPDATE", subresource: "status", object: other, oldObject: other },
      /can only update pod status for pods with spec.nodeName set to itself/,
    ],
    [
      "relabel",
      { operation: "UPDATE", subresource: "status", object: relabelled, oldObject: own },
      /cannot update labels through pod status/,
    ],
    [
      "bind",
      { operation: "UPDATE", subresource: "binding", object: own, oldObject: own },
      /unexpected pod subresource "binding"/,
    ],
    ["somebody else creates", { object: other, user: { name: "x", groups: [] } }, undefined],
  ];
  for (const [name, write, message] of cases)
    await check(name, { ...write, resource: pods as ResourceReference<ApiObject> }, message);
});

test("nodes", async () => {
  const label = (key: string, value = "x"): Partial<ObjectMeta> => ({ labels: { [key]: value } });
  const taint = { key: "k", effect: "NoSchedule" };
  const create = (object: Node): Omit<Write<Node>, "resource"> => ({ object });
  const update = (object: Node, oldObject = node("boat")): Omit<Write<Node>, "resource"> => ({
    operation: "UPDATE",
    object,
    oldObject,
  });
  const cases: [string, Omit<Write<Node>, "resource">, RegExp | undefined][] = [
    ["itself", create(node("boat", label("kubernetes.io/hostname"))), undefined],
    ["with taints", create(node("boat", {}, { taints: [taint] })), undefined],
    ["another", create(node("raft")), /node "boat" is not allowed to modify node "raft"/],
    ["a free label", create(node("boat", label("example.com/rack"))), undefined],
    ["a kubelet label", create(node("boat", label("node.kubernetes.io/anything"))), undefined],
    [
      "a guarded label",
      create(node("boat", label("node-restriction.kubernetes.io/zone"))),
      /not allowed to modify labels: node-restriction.kubernetes.io\/zone/,
    ],
    ["a role", create(node("boat", label("node-role.kubernetes.io/control-plane"))), /not allowed to modify labels/],
    ["a guarded label stays", update(node("boat", label("x.k8s.io/y")), node("boat", label("x.k8s.io/y"))), undefined],
    [
      "a guarded label goes",
      update(node("boat"), node("boat", label("x.k8s.io/y"))),
      /not allowed to modify labels: x.k8s.io\/y/,
    ],
    ["its taints", update(node("boat", {}, { taints: [taint] })), /is not allowed to modify taints/],
    ["its owners", update(node("boat", { ownerReferences: [owner] })), /is not allowed to modify ownerReferences/],
  ];
  for (const [name, write, message] of cases)
    await check(name, { ...write, resource: nodes as ResourceReference<ApiObject> }, message);
});

test("tokens", async () => {
  const token = (
    boundObjectRef: NonNullable<TokenRequest["spec"]>["boundObjectRef"],
    audiences: string[] = [],
  ): Write<ApiObject> => {
    const object = { metadata: { name: "seller", namespace: "shop" }, spec: { audiences, boundObjectRef } };
    return { resource: serviceAccounts as ResourceReference<ApiObject>, subresource: "token", object };
  };
  const bound = { apiVersion: "v1", kind: "Pod" };
  const cases: [string, Write<ApiObject>, RegExp | undefined][] = [
    ["of its pod", token({ ...bound, name: "web", uid: "pod-1" }), undefined],
    ["for what the pod mounts", token({ ...bound, name: "web", uid: "pod-1" }, ["vault"]), undefined],
    [
      "for somebody else",
      token({ ...bound, name: "web", uid: "pod-1" }, ["bank"]),
      /audience "bank" not found in pod spec volume, system:node:boat is not authorized/,
    ],
    ["for several", token({ ...bound, name: "web", uid: "pod-1" }, ["a", "b"]), /may only request 0 or 1 audiences/],
    [
      "of another's pod",
      token({ ...bound, name: "far", uid: "pod-2" }),
      /bound to a pod scheduled on a different node/,
    ],
    ["unbound", token(undefined), /node requested token not bound to a pod/],
    ["bound to a secret", token({ ...bound, kind: "Secret", name: "web", uid: "x" }), /not bound to a pod/],
    ["without a uid", token({ ...bound, name: "web" }), /without a uid/],
    ["of an earlier pod", token({ ...bound, name: "web", uid: "pod-0" }), /does not match the UID in record/],
    ["of no pod", token({ ...bound, name: "gone", uid: "x" }), /pod "gone" not found/],
  ];
  for (const [name, write, message] of cases) await check(name, write, message);
});

test("what else is a node's own", async () => {
  const lease = (name: string, namespace = "kube-node-lease"): Write<ApiObject> => ({
    resource: leases as ResourceReference<ApiObject>,
    object: { metadata: { name, namespace } },
  });
  const claim = (status: PersistentVolumeClaim["status"], subresource = "status"): Write<ApiObject> => {
    const old: PersistentVolumeClaim = { metadata: { name: "c", namespace: "shop" }, status: { phase: "Bound" } };
    const resource = persistentVolumeClaims as ResourceReference<ApiObject>;
    return { resource, operation: "UPDATE", subresource, object: { ...old, status } as ApiObject, oldObject: old };
  };
  const csi = (name: string): Write<ApiObject> => ({
    resource: csiNodes as ResourceReference<ApiObject>,
    object: { metadata: { name }, spec: { drivers: [] } } as ApiObject,
  });
  const cases: [string, Write<ApiObject>, RegExp | undefined][] = [
    ["lease", lease("boat"), undefined],
    ["another's lease", lease("raft"), /same name as the requesting node/],
    ["lease elsewhere", lease("boat", "default"), /kube-node-lease/],
    ["CSINode", csi("boat"), undefined],
    ["another's CSINode", csi("raft"), /same name as the requesting node/],
    ["claim's capacity", claim({ phase: "Bound", capacity: { storage: "1Gi" } }), undefined],
    ["claim's phase", claim({ phase: "Lost" }), /not allowed to update fields other than/],
    ["claim itself", claim({ phase: "Bound" }, ""), /may only update PVC status/],
    [
      "nobody's node",
      { ...lease("boat"), user: { name: "system:node:", groups: ["system:nodes"] } },
      /could not determine node/,
    ],
  ];
  for (const [name, write, message] of cases) await check(name, write, message);
});
