import type { PolicyRule } from "./generated/rbac.authorization.k8s.io/v1.ts";

const CORE = [""];

/**
 * What every kubelet may do, as ClusterRole `system:node` says it and as the Node authorizer grants it to nodes. For Secrets,
 * ConfigMaps, volumes and claims the authorizer asks more: that one of the node's pods refers to the object.
 */
export const nodeRules: readonly PolicyRule[] = [
  allow(["create"], ["authentication.k8s.io"], ["tokenreviews"]),
  allow(["create"], ["authorization.k8s.io"], ["localsubjectaccessreviews", "subjectaccessreviews"]),
  allow(["get", "list", "watch"], CORE, ["services"]),
  allow(["create", "get", "list", "watch"], CORE, ["nodes"]),
  allow(["patch", "update"], CORE, ["nodes/status"]),
  allow(["patch", "update"], CORE, ["nodes"]),
  allow(["create", "patch", "update"], ["", "events.k8s.io"], ["events"]),
  allow(["get", "list", "watch"], CORE, ["pods"]),
  allow(["create", "delete"], CORE, ["pods"]),
  allow(["patch", "update"], CORE, ["pods/status"]),
  allow(["create"], CORE, ["pods/eviction"]),
  allow(["get", "list", "watch"], CORE, ["configmaps", "secrets"]),
  allow(["get"], CORE, ["persistentvolumeclaims", "persistentvolumes"]),
  allow(["get"], CORE, ["endpoints"]),
  allow(["create", "get", "list", "watch"], ["certificates.k8s.io"], ["certificatesigningrequests"]),
  allow(["create", "delete", "get", "patch", "update"], ["coordination.k8s.io"], ["leases"]),
  allow(["get"], ["storage.k8s.io"], ["volumeattachments"]),
  allow(["create"], CORE, ["serviceaccounts/token"]),
  allow(["get", "patch", "update"], CORE, ["persistentvolumeclaims/status"]),
  allow(["get", "list", "watch"], ["storage.k8s.io"], ["csidrivers"]),
  allow(["create", "delete", "get", "patch", "update"], ["storage.k8s.io"], ["csinodes"]),
  allow(["get", "list", "watch"], ["node.k8s.io"], ["runtimeclasses"]),
  allow(["get"], ["resource.k8s.io"], ["resourceclaims"]),
  allow(["deletecollection"], ["resource.k8s.io"], ["resourceslices"]),
  allow(["get"], CORE, ["serviceaccounts"]),
  allow(["get", "list", "watch"], ["certificates.k8s.io"], ["clustertrustbundles"]),
  allow(["create", "get", "list", "watch"], ["certificates.k8s.io"], ["podcertificaterequests"]),
];

function allow(verbs: string[], apiGroups: string[], resources: string[]): PolicyRule {
  return { apiGroups, resources, verbs };
}
