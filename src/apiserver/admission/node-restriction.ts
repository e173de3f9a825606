import type { Lease } from "../../api/generated/coordination.k8s.io/v1.ts";
import type { PersistentVolumeClaim } from "../../api/generated/core/v1.ts";
import type { ResourceSlice } from "../../api/generated/resource.k8s.io/v1.ts";
import type { CSINode } from "../../api/generated/storage.k8s.io/v1.ts";
import { NODES_GROUP, nodeNameOf } from "../authn/users.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { checkPodCertificateRequest, checkSigningRequest } from "./node-restriction-certificates.ts";
import { checkNodeObject } from "./node-restriction-node.ts";
import { checkNodePod } from "./node-restriction-pod.ts";
import { checkNodeToken } from "./node-restriction-token.ts";
import { draftOf, refuse } from "./refuse.ts";

/** Keeps a kubelet to its own node: its Node, the pods bound to it, and what belongs to both. */
export function nodeRestriction(dependencies: AdmissionDependencies): AdmissionPlugin {
  const { reader } = dependencies;
  return {
    name: "NodeRestriction",
    handles: ({ user, operation }) =>
      operation !== "CONNECT" && user.groups.includes(NODES_GROUP) && nodeNameOf(user) !== undefined,
    async admit(attributes) {
      const node = nodeNameOf(attributes.user);
      if (node === "" || node === undefined) {
        throw refuse(attributes, `could not determine node from user "${attributes.user.name}"`);
      }
      const { group, resource } = attributes.resource;
      switch (`${group}/${resource}`) {
        case "/pods":
          return checkNodePod(attributes, node, reader);
        case "/nodes":
          return checkNodeObject(attributes, node);
        case "/serviceaccounts":
          return checkNodeToken(attributes, node, dependencies);
        case "/persistentvolumeclaims":
          return checkClaim(attributes, node);
        case "coordination.k8s.io/leases":
          return checkLease(attributes, node);
        case "storage.k8s.io/csinodes":
          return checkCsiNode(attributes, node);
        case "certificates.k8s.io/certificatesigningrequests":
          return checkSigningRequest(attributes, node);
        case "certificates.k8s.io/podcertificaterequests":
          return checkPodCertificateRequest(attributes, node, dependencies);
        case "resource.k8s.io/resourceslices":
          return checkResourceSlice(attributes, node);
      }
    },
  };
}

function checkLease(attributes: AdmissionAttributes, node: string): void {
  if (attributes.namespace !== "kube-node-lease") {
    throw refuse(attributes, 'can only access leases in the "kube-node-lease" system namespace');
  }
  const name = attributes.operation === "CREATE" ? draftOf<Lease>(attributes).metadata?.name : attributes.name;
  if (name !== node) {
    throw refuse(attributes, "can only access node lease with the same name as the requesting node");
  }
}

function checkCsiNode(attributes: AdmissionAttributes, node: string): void {
  const name = attributes.operation === "CREATE" ? draftOf<CSINode>(attributes).metadata?.name : attributes.name;
  if (name !== node) throw refuse(attributes, "can only access CSINode with the same name as the requesting node");
}

function checkResourceSlice(attributes: AdmissionAttributes, node: string): void {
  const { operation, object, oldObject } = attributes;
  if (operation === "CONNECT") return;
  const slice = (operation === "CREATE" ? object : oldObject) as ResourceSlice | undefined;
  if (slice === undefined || slice.spec.nodeName === node) return;
  const verb = { CREATE: "create", UPDATE: "update", DELETE: "delete" }[operation];
  throw refuse(attributes, `can only ${verb} ResourceSlice with the same NodeName as the requesting node`);
}

/** Kubelets report how far a resize has come, and change nothing else of a claim. */
function checkClaim(attributes: AdmissionAttributes, node: string): void {
  if (attributes.subresource !== "status") throw refuse(attributes, "may only update PVC status");
  if (attributes.operation !== "UPDATE") throw refuse(attributes, `unexpected operation "${attributes.operation}"`);
  const rest = (claim: PersistentVolumeClaim): string => {
    const { resourceVersion, managedFields, ...metadata } = claim.metadata ?? {};
    const { capacity, conditions, allocatedResources, allocatedResourceStatuses, ...status } = claim.status ?? {};
    return JSON.stringify({ metadata, spec: claim.spec, status });
  };
  const old = attributes.oldObject as PersistentVolumeClaim;
  if (rest(draftOf(attributes)) !== rest(old)) {
    throw refuse(
      attributes,
      `node "${node}" is not allowed to update fields other than status.quantity and status.conditions`,
    );
  }
}
