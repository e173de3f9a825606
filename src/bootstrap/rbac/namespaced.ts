import type { Role, RoleBinding, Subject } from "../../api/generated/rbac.authorization.k8s.io/v1.ts";
import { group, serviceAccount, user } from "./bindings.ts";
import { EVENTS, rules } from "./rule-text.ts";

const SYSTEM = "kube-system";
const PUBLIC = "kube-public";

const role = (namespace: string, name: string, ...lines: string[]): Role => ({
  metadata: { name, namespace },
  rules: rules(...lines),
});

/** Roles in kube-system and kube-public. */
export const namespacedRoles: readonly Role[] = [
  role(SYSTEM, "extension-apiserver-authentication-reader", "read core configmaps extension-apiserver-authentication"),
  role(SYSTEM, "system:controller:bootstrap-signer", "read core secrets"),
  role(SYSTEM, "system:controller:cloud-provider", "read,create core configmaps"),
  role(SYSTEM, "system:controller:token-cleaner", "read,delete core secrets", EVENTS),
  role(
    SYSTEM,
    "system::leader-locking-kube-controller-manager",
    "watch core configmaps",
    "get,update core configmaps kube-controller-manager",
  ),
  role(
    SYSTEM,
    "system::leader-locking-kube-scheduler",
    "watch core configmaps",
    "get,update core configmaps kube-scheduler",
  ),
  role(
    PUBLIC,
    "system:controller:bootstrap-signer",
    "read core configmaps",
    "update core configmaps cluster-info",
    EVENTS,
  ),
];

/** What Wherry adds: its cluster DNS keeps its own Service, and what that leads to. */
export const addedNamespacedRoles: readonly Role[] = [
  role(
    SYSTEM,
    "wherry:cluster-dns",
    "create core services",
    "create discovery.k8s.io endpointslices",
    "get,update core services kube-dns",
    "get,update,delete discovery.k8s.io endpointslices",
  ),
  // Nodes learn there that the cluster's authorities are exchanged.
  role(PUBLIC, "wherry:root-ca-reader", "get core configmaps kube-root-ca.crt"),
  // And which addresses the cluster has.
  role(PUBLIC, "wherry:cluster-reader", "get core configmaps wherry-cluster"),
];

function bind(namespace: string, name: string, subjects: Subject[], roleName = name): RoleBinding {
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: roleName };
  return { metadata: { name, namespace }, roleRef, subjects };
}

const MANAGER = user("system:kube-controller-manager");
const SCHEDULER = user("system:kube-scheduler");

export const namespacedRoleBindings: readonly RoleBinding[] = [
  bind(
    SYSTEM,
    "system::extension-apiserver-authentication-reader",
    [MANAGER, SCHEDULER],
    "extension-apiserver-authentication-reader",
  ),
  bind(SYSTEM, "system:controller:bootstrap-signer", [serviceAccount("bootstrap-signer")]),
  bind(SYSTEM, "system:controller:cloud-provider", [serviceAccount("cloud-provider")]),
  bind(SYSTEM, "system:controller:token-cleaner", [serviceAccount("token-cleaner")]),
  bind(SYSTEM, "system::leader-locking-kube-controller-manager", [MANAGER, serviceAccount("kube-controller-manager")]),
  bind(SYSTEM, "system::leader-locking-kube-scheduler", [SCHEDULER, serviceAccount("kube-scheduler")]),
  bind(PUBLIC, "system:controller:bootstrap-signer", [serviceAccount("bootstrap-signer")]),
];

export const addedNamespacedRoleBindings: readonly RoleBinding[] = [
  bind(SYSTEM, "wherry:cluster-dns", [serviceAccount("coredns"), user("system:kube-proxy"), group("wherry:agents")]),
  bind(PUBLIC, "wherry:root-ca-reader", [group("system:nodes"), group("wherry:agents")]),
  bind(PUBLIC, "wherry:cluster-reader", [group("system:nodes"), group("wherry:agents")]),
];
