import type { PolicyRule } from "./generated/rbac.authorization.k8s.io/v1.ts";

const CORE = "";

/**
 * What every kubelet may do, as ClusterRole `system:node` says it and as the Node authorizer grants it to nodes. For Secrets,
 * ConfigMaps, volumes and claims the authorizer asks more: that one of the node's pods refers to the object.
 */
export const nodeRules: readonly PolicyRule[] = [
  allow(["create"], "authentication.k8s.io", ["tokenreviews"]),
  allow(["create"], "authorization.k8s.io", ["subjectaccessreviews", "localsubjectaccessreviews"]),
  allow(["get", "list", "watch"], CORE, ["services"]),
  allow(["create", "get", "list", "watch"], CORE, ["nodes"]),
  allow(["update", "patch"], CORE, ["nodes/status"]),
  allow(["update", "patch"], CORE, ["nodes"]),
  allow(["create", "update", "patch"], CORE, ["events"]),
  allow(["create", "update", "patch"], "events.k8s.io", ["events"]),
  allow(["get", "list", "watch"], CORE, ["pods"]),
  allow(["create", "delete"], CORE, ["pods"]),
  allow(["update", "patch"], CORE, ["pods/status"]),
  allow(["create"], CORE, ["pods/eviction"]),
  allow(["get", "list", "watch"], CORE, ["secrets", "configmaps"]),
  allow(["get"], CORE, ["persistentvolumeclaims", "persistentvolumes"]),
  allow(["get"], CORE, ["endpoints"]),
  allow(["create", "get", "list", "watch"], "certificates.k8s.io", ["certificatesigningrequests"]),
  allow(["get", "create", "update", "patch", "delete"], "coordination.k8s.io", ["leases"]),
  allow(["get"], "storage.k8s.io", ["volumeattachments"]),
  allow(["get", "update", "patch"], CORE, ["persistentvolumeclaims/status"]),
  allow(["create"], CORE, ["serviceaccounts/token"]),
  allow(["get", "watch", "list"], "storage.k8s.io", ["csidrivers"]),
  allow(["get", "create", "update", "patch", "delete"], "storage.k8s.io", ["csinodes"]),
  allow(["get", "list", "watch"], "node.k8s.io", ["runtimeclasses"]),
  allow(["get"], "resource.k8s.io", ["resourceclaims"]),
  allow(["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"], "resource.k8s.io", [
    "resourceslices",
  ]),
  allow(["get", "list", "watch"], "certificates.k8s.io", ["clustertrustbundles"]),
  allow(["create", "get", "list", "watch"], "certificates.k8s.io", ["podcertificaterequests"]),
];

function allow(verbs: string[], group: string, resources: string[]): PolicyRule {
  return { apiGroups: [group], resources, verbs };
}
