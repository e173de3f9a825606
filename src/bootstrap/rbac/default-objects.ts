import type {
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
} from "../../api/generated/rbac.authorization.k8s.io/v1.ts";
import type { ApiObject } from "../../api/meta.ts";
import { aggregateRules } from "../../api/rbac-aggregation.ts";
import { addedBindings, clusterRoleBindings } from "./bindings.ts";
import { controllerRoleBindings, controllerRoles } from "./controller-roles.ts";
import {
  addedNamespacedRoleBindings,
  addedNamespacedRoles,
  namespacedRoleBindings,
  namespacedRoles,
} from "./namespaced.ts";
import { addedRoles, systemRoles } from "./system-roles.ts";
import { userRoles } from "./user-roles.ts";

export interface DefaultRbac {
  readonly clusterRoles: readonly ClusterRole[];
  readonly clusterRoleBindings: readonly ClusterRoleBinding[];
  readonly roles: readonly Role[];
  readonly roleBindings: readonly RoleBinding[];
}

/** All default RBAC objects of a cluster, labelled as upstream labels them. Aggregated roles come with their rules. */
export function defaultRbac(): DefaultRbac {
  const upstream = [...userRoles, ...systemRoles, ...controllerRoles].map(labelled);
  return {
    clusterRoles: [...filled(upstream), ...addedRoles],
    clusterRoleBindings: [...[...clusterRoleBindings, ...controllerRoleBindings].map(labelled), ...addedBindings],
    roles: [...namespacedRoles.map(labelled), ...addedNamespacedRoles],
    roleBindings: [...namespacedRoleBindings.map(labelled), ...addedNamespacedRoleBindings],
  };
}

function labelled<T extends ApiObject>(object: T): T {
  const { metadata } = object;
  return {
    ...object,
    metadata: {
      ...metadata,
      labels: { "kubernetes.io/bootstrapping": "rbac-defaults", ...metadata?.labels },
      annotations: { "rbac.authorization.kubernetes.io/autoupdate": "true", ...metadata?.annotations },
    },
  };
}

/** Aggregated roles with the rules that their controller keeps in them later. */
function filled(roles: ClusterRole[]): ClusterRole[] {
  return roles.map((role) => {
    const rules = aggregateRules(role, roles);
    return rules === undefined ? role : { ...role, rules };
  });
}
