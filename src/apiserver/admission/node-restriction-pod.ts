import type { Pod } from "../../api/generated/core/v1.ts";
import { nodes, pods } from "../../api/generated/resources.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import { notFound } from "../../api/status.ts";
import { podReferences } from "../authz/pod-references.ts";
import type { ObjectReader } from "../reader.ts";
import { type AdmissionAttributes, ofObject } from "./admission.ts";
import { draftOf, refuse } from "./refuse.ts";

const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";

/** A node makes mirror pods of its own, and reports on, deletes and evicts only pods that are bound to it. */
export async function checkNodePod(attributes: AdmissionAttributes, node: string, reader: ObjectReader): Promise<void> {
  const { operation, subresource } = attributes;
  if (subresource === "status" && operation === "UPDATE") return checkStatus(attributes, node);
  if (subresource === "eviction" && operation === "CREATE") {
    const pod = await reader.get(pods, attributes.namespace, attributes.name);
    if (pod === undefined) throw notFound(pods, attributes.name);
    return checkOwn(ofObject(attributes, { oldObject: pod }), node, "evict pods");
  }
  if (subresource !== "") {
    throw refuse(attributes, `unexpected pod subresource "${subresource}", only 'status' and 'eviction' are allowed`);
  }
  if (operation === "CREATE") return await checkMirror(attributes, node, reader);
  if (operation === "DELETE") return checkOwn(attributes, node, "delete pods");
  throw refuse(attributes, `unexpected operation "${operation}", node can only create and delete mirror pods`);
}

function checkOwn(attributes: AdmissionAttributes, node: string, what: string): void {
  const pod = attributes.oldObject as Pod | undefined;
  if (pod?.spec?.nodeName === node) return;
  throw refuse(attributes, `node "${node}" can only ${what} with spec.nodeName set to itself`);
}

function checkStatus(attributes: AdmissionAttributes, node: string): void {
  checkOwn(attributes, node, "update pod status for pods");
  const labels = (pod: Pod): string => JSON.stringify(Object.entries(pod.metadata?.labels ?? {}).sort());
  if (labels(draftOf(attributes)) !== labels(attributes.oldObject as Pod)) {
    throw refuse(attributes, `node "${node}" cannot update labels through pod status`);
  }
  const claims = (pod: Pod) => pod.status?.resourceClaimStatuses ?? [];
  if (!equalJson(claims(draftOf(attributes)), claims(attributes.oldObject as Pod))) {
    throw refuse(attributes, `node "${node}" cannot update resource claim statuses`);
  }
}

async function checkMirror(attributes: AdmissionAttributes, node: string, reader: ObjectReader): Promise<void> {
  const pod = draftOf<Pod>(attributes);
  if (pod.metadata?.annotations?.[MIRROR_ANNOTATION] === undefined) {
    throw refuse(
      attributes,
      `pod does not have "${MIRROR_ANNOTATION}" annotation, node "${node}" can only create mirror pods`,
    );
  }
  if (pod.spec?.nodeName !== node) {
    throw refuse(attributes, `node "${node}" can only create pods with spec.nodeName set to itself`);
  }
  await checkOwner(attributes, node, reader);
  const kinds = referencedKinds(pod);
  for (const [kind, text] of REFERENCES) {
    if (kinds.has(kind)) throw refuse(attributes, `node "${node}" can not create pods that reference ${text}`);
  }
}

const REFERENCES: readonly [string, string][] = [
  ["serviceaccounts", "a service account"],
  ["secrets", "secrets"],
  ["configmaps", "configmaps"],
  ["persistentvolumeclaims", "persistentvolumeclaims"],
  ["resourceclaims", "resourceclaims"],
];

/** What the pod would refer to if it were no mirror. */
function referencedKinds(pod: Pod): Set<string> {
  const { annotations, ...metadata } = pod.metadata ?? {};
  return new Set([...podReferences({ ...pod, metadata })].map((key) => key.split("/")[0] ?? ""));
}

/** The one owner of a mirror pod is the node itself, so that it goes when the node goes. */
async function checkOwner(attributes: AdmissionAttributes, node: string, reader: ObjectReader): Promise<void> {
  const owners = attributes.object?.metadata?.ownerReferences ?? [];
  const [owner] = owners;
  const fail = (what: string): Error => refuse(attributes, `node "${node}" can only create pods with ${what}`);
  if (owner === undefined || owners.length > 1) throw fail("a single owner reference set to itself");
  if (owner.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== node) {
    throw fail("an owner reference set to itself");
  }
  if (owner.controller !== true) throw fail("a controller owner reference set to itself");
  if (owner.blockOwnerDeletion === true) {
    throw refuse(attributes, `node "${node}" must not set blockOwnerDeletion on an owner reference`);
  }
  const uid = (await reader.get(nodes, undefined, node))?.metadata?.uid;
  if (uid !== owner.uid) throw refuse(attributes, `node ${node} UID mismatch: expected ${owner.uid} got ${uid ?? ""}`);
}
