import type { PolicyRule, RoleRef } from "../../api/generated/rbac.authorization.k8s.io/v1.ts";
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from "../../api/generated/resources.ts";
import { aggregate } from "../../api/go-text.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import type { ObjectReader } from "../reader.ts";
import type { Answer, AuthorizationAttributes, Authorizer } from "./authorizer.ts";
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

  /** The first grant that allows it. */
  const allowing = (grants: readonly Grant[], asked: Asked): Grant | undefined => {
    for (const grant of grants) {
      const granted = rules.get(grant.roleKey);
      if (granted === undefined) (asked.missing ??= new Set()).add(missingRole(grant.role));
      else if (asked.refused?.has(granted) === true) continue;
      else if (indexAllows(granted, asked.attributes)) return grant;
      else (asked.refused ??= new Set()).add(granted);
    }
    return undefined;
  };

  return {
    name: "RBAC",
    rulesOf,
    authorize(attributes) {
      const { user, namespace } = attributes;
      const asked: Asked = { attributes, missing: undefined, refused: undefined };
      const granting =
        allowing(bindings.grants(user, ""), asked) ??
        (namespace === "" ? undefined : allowing(bindings.grants(user, namespace), asked));
      if (granting !== undefined) return allowedBy(granting);
      const { missing } = asked;
      return { decision: "noOpinion", reason: missing === undefined ? "" : `RBAC: ${aggregate([...missing])}` };
    },
    rulesFor(user, namespace) {
      const found: PolicyRule[] = [];
      const errors = new Set<string>();
      const granted = [...bindings.grants(user, ""), ...(namespace === "" ? [] : bindings.grants(user, namespace))];
      for (const grant of granted) {
        const given = rulesOf(grant.role, grant.namespace);
        if (given === undefined) errors.add(missingRole(grant.role));
        else found.push(...given);
      }
      return { rules: found, errors: [...errors] };
    },
    close() {
      for (const stop of stops) stop();
    },
  };
}

/** A question on its way through what the user was given. */
interface Asked {
  readonly attributes: AuthorizationAttributes;
  missing: Set<string> | undefined;
  /** Of many bindings of one role, which says no once for all of them. */
  refused: Set<RuleIndex> | undefined;
}

function missingRole({ kind, name }: RoleRef): string {
  return `${kind.toLowerCase()}.rbac.authorization.k8s.io "${name}" not found`;
}

function describe({ binding, namespace, role, subject }: Grant): string {
  const from = namespace === "" ? `ClusterRoleBinding "${binding}"` : `RoleBinding "${binding}/${namespace}"`;
  const to =
    subject.kind === "ServiceAccount"
      ? `ServiceAccount "${subject.name}/${subject.namespace || namespace}"`
      : `${subject.kind} "${subject.name}"`;
  return `allowed by ${from} of ${role.kind} "${role.name}" to ${to}`;
}
