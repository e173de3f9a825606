import { isDeepStrictEqual } from "node:util";
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
} from "../../api/generated/rbac.authorization.k8s.io/v1.ts";
import type { ResourceReference } from "../../api/meta.ts";
import { compactRules, listText, ruleText, uncovered } from "../../api/rbac-rule-cover.ts";
import { forbidden, notFound, type StatusError } from "../../api/status.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import { PRIVILEGED_GROUP } from "../authn/users.ts";
import type { AuthorizationAttributes } from "./authorizer.ts";
import type { Authorization } from "./create-authorizer.ts";

type RoleObject = ClusterRole | Role;
type BindingObject = ClusterRoleBinding | RoleBinding;

/** A write of an RBAC object, as the check sees it. */
export interface RoleWrite {
  readonly user: UserInfo;
  readonly resource: ResourceReference;
  /** Empty for cluster-wide objects. */
  readonly namespace: string;
  readonly object: RoleObject | BindingObject;
  /** Absent on create. */
  readonly oldObject?: RoleObject | BindingObject;
}

/**
 * Refuses the write of a role or binding that would give more than its author has: rules that the author does not hold,
 * unless the author may `escalate` the role, or `bind` the bound one. To be asked after authorization, on create, update
 * and patch of roles, clusterroles, rolebindings and clusterrolebindings.
 * @throws StatusError Forbidden in upstream's words; NotFound when a binding's role is not there
 */
export async function checkEscalation(write: RoleWrite, authorization: Authorization): Promise<void> {
  if (write.user.groups.includes(PRIVILEGED_GROUP)) return;
  if ("roleRef" in write.object) await checkBinding(write, write.object, authorization);
  else await checkRole(write, write.object, authorization);
}

async function checkRole(write: RoleWrite, role: RoleObject, authorization: Authorization): Promise<void> {
  if (write.oldObject !== undefined && sameButForCollection(role, write.oldObject)) return;
  const name = role.metadata?.name ?? "";
  if (await may(write, { verb: "escalate", resource: write.resource.resource, name }, authorization)) return;
  confirm(write, name, role.rules ?? [], authorization);
  // Whoever writes an aggregation rule may get any rule at all.
  if (aggregates(role) || aggregates(write.oldObject)) confirm(write, name, EVERYTHING, authorization);
}

function aggregates(role: RoleObject | BindingObject | undefined): boolean {
  return role !== undefined && "aggregationRule" in role && role.aggregationRule !== undefined;
}

/** Owners and finalizers are the garbage collector's, which holds none of the rules that it helps to delete. */
function sameButForCollection(left: RoleObject | BindingObject, right: RoleObject | BindingObject): boolean {
  return isDeepStrictEqual(withoutCollection(left), withoutCollection(right));
}

function withoutCollection(object: RoleObject | BindingObject): object {
  const { ownerReferences, finalizers, managedFields, resourceVersion, ...metadata } = object.metadata ?? {};
  return { ...object, metadata };
}

const EVERYTHING: readonly PolicyRule[] = [
  { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
  { nonResourceURLs: ["*"], verbs: ["*"] },
];

async function checkBinding(write: RoleWrite, binding: BindingObject, authorization: Authorization): Promise<void> {
  if (write.oldObject !== undefined && sameButForCollection(binding, write.oldObject)) return;
  const { roleRef } = binding;
  const resource = roleRef.kind === "ClusterRole" ? "clusterroles" : "roles";
  if (await may(write, { verb: "bind", resource, name: roleRef.name }, authorization)) return;
  const rules = authorization.rbac.rulesOf(roleRef, write.namespace);
  if (rules === undefined) throw notFound({ group: "rbac.authorization.k8s.io", resource }, roleRef.name);
  confirm(write, binding.metadata?.name ?? "", rules, authorization);
}

async function may(
  { user, namespace }: RoleWrite,
  question: { verb: string; resource: string; name: string },
  authorization: Authorization,
): Promise<boolean> {
  const attributes: AuthorizationAttributes = {
    ...question,
    user,
    namespace,
    resourceRequest: true,
    group: "rbac.authorization.k8s.io",
    version: "v1",
    subresource: "",
    path: "",
  };
  return (await authorization.authorize(attributes)).decision === "allow";
}

function confirm(write: RoleWrite, name: string, wanted: readonly PolicyRule[], authorization: Authorization): void {
  const { user, namespace, resource } = write;
  const { rules, errors } = authorization.rbac.rulesFor(user, namespace);
  const missing = uncovered(rules, wanted);
  if (missing.length === 0) return;
  throw refusal(resource, name, { user, missing, errors });
}

function refusal(
  resource: ResourceReference,
  name: string,
  { user, missing, errors }: { user: UserInfo; missing: PolicyRule[]; errors: readonly string[] },
): StatusError {
  const texts = [...new Set(compactRules(missing).map(ruleText))].sort();
  const resolution = errors.length === 0 ? "" : `; resolution errors: [${errors.join(" ")}]`;
  const who = `user ${JSON.stringify(user.name)} (groups=${listText(user.groups)})`;
  const why = `${who} is attempting to grant RBAC permissions not currently held:\n${texts.join("\n")}${resolution}`;
  return forbidden(resource, name, why);
}
