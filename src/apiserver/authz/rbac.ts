import type { PolicyRule, RoleRef } from "../../api/generated/rbac.authorization.k8s.io/v1.ts";
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from "../../api/generated/resources.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import type { ObjectReader } from "../reader.ts";
import type { Answer, Authorizer } from "./authorizer.ts";
import { BindingIndex, type Grant, roleKey } from "./binding-index.ts";
import { indexAllows, type RuleIndex, ruleIndex } from "./rule-index.ts";

/** Role-based access control, and the rules behind its decisions. */
export interface RoleBasedAccessControl extends Authorizer {
  /**
   * The rules that the user has in the namespace, cluster-wide ones among them (only those when it is empty), with a text
   * for each role that a binding names and that is not there.
   */
  rulesFor(user: UserInfo, namespace: string): { rules: PolicyRule[]; errors: string[] };
  /** The rules of the role that a binding in the namespace refers to; undefined when there is no such role. */
  rulesOf(role: RoleRef, namespace: string): readonly PolicyRule[] | undefined;
  /** Stops following. */
  close(): void;
}

/** Resolves when all roles and bindings have been read. */
export async function roleBasedAccessControl(reader: ObjectReader): Promise<RoleBasedAccessControl> {
  const bindings = new BindingIndex();
  const rules = new Map<string, RuleIndex>();
  const keep = (key: string, role: { rules?: PolicyRule[] } | undefined): void => {
    if (role === undefined) rules.delete(key);
    else rules.set(key, ruleIndex(role.rules ?? []));
  };
  const stops = await Promise.all([
    reader.follow(clusterRoles, ({ before, after }) => {
      const { name = "" } = (after ?? before)?.metadata ?? {};
      keep(roleKey({ kind: "ClusterRole", name }, ""), after);
    }),
    reader.follow(roles, ({ before, after }) => {
      const { namespace = "", name = "" } = (after ?? before)?.metadata ?? {};
      keep(roleKey({ kind: "Role", name }, namespace), after);
    }),
    reader.follow(clusterRoleBindings, ({ before, after }) => bindings.change(before, after)),
    reader.follow(roleBindings, ({ before, after }) => bindings.change(before, after)),
  ]);

  const grantsFor = (user: UserInfo, namespace: string): readonly Grant[] => {
    const everywhere = bindings.grants(user, "");
    if (namespace === "") return everywhere;
    const here = bindings.grants(user, namespace);
    return here.length === 0 ? everywhere : [...everywhere, ...here];
  };

  const rulesOf = (role: RoleRef, namespace: string) => rules.get(roleKey(role, namespace))?.rules;

  const answers = new WeakMap<Grant, Answer>();
  const allowedBy = (grant: Grant): Answer => {
    let answer = answers.get(grant);
    if (answer === undefined) {
      answer = { decision: "allow", reason: `RBAC: ${describe(grant)}` };
      answers.set(grant, answer);
    }
    return answer;
  };

  return {
    name: "RBAC",
    rulesOf,
    authorize(attributes) {
      const missing: string[] = [];
      // Many bindings of one role, which says no once for all of them.
      let refused: Set<RuleIndex> | undefined;
      for (const grant of grantsFor(attributes.user, attributes.namespace)) {
        const granted = rules.get(grant.roleKey);
        if (granted === undefined) missing.push(missingRole(grant.role));
        else if (refused?.has(granted) === true) continue;
        else if (indexAllows(granted, attributes)) return allowedBy(grant);
        else (refused ??= new Set()).add(granted);
      }
      const reason = missing.length === 0 ? "" : `RBAC: ${aggregate([...new Set(missing)])}`;
      return { decision: "noOpinion", reason };
    },
    rulesFor(user, namespace) {
      const found: PolicyRule[] = [];
      const errors = new Set<string>();
      for (const grant of grantsFor(user, namespace)) {
        const granted = rulesOf(grant.role, grant.namespace);
        if (granted === undefined) errors.add(missingRole(grant.role));
        else found.push(...granted);
      }
      return { rules: found, errors: [...errors] };
    },
    close() {
      for (const stop of stops) stop();
    },
  };
}

function missingRole({ kind, name }: RoleRef): string {
  return `${kind.toLowerCase()}.rbac.authorization.k8s.io "${name}" not found`;
}

/** Several errors as upstream prints them together. */
export function aggregate(errors: readonly string[]): string {
  return errors.length === 1 ? errors[0]! : `[${errors.join(", ")}]`;
}

function describe({ binding, namespace, role, subject }: Grant): string {
  const from = namespace === "" ? `ClusterRoleBinding "${binding}"` : `RoleBinding "${binding}/${namespace}"`;
  const to =
    subject.kind === "ServiceAccount"
      ? `ServiceAccount "${subject.name}/${subject.namespace || namespace}"`
      : `${subject.kind} "${subject.name}"`;
  return `allowed by ${from} of ${role.kind} "${role.name}" to ${to}`;
}
