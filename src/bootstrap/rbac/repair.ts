import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  Subject,
} from "../../api/generated/rbac.authorization.k8s.io/v1.ts";
import type { ApiObject, ObjectMeta } from "../../api/meta.ts";
import { sameRules } from "../../api/rbac-aggregation.ts";
import { uncovered } from "../../api/rbac-rule-cover.ts";

/** What to do about one stored default object; undefined when it is as it should be. */
export type Repair<T extends ApiObject> =
  | { readonly kind: "update"; readonly object: T }
  /** A binding's roleRef cannot change: the binding goes and comes again. */
  | { readonly kind: "replace"; readonly object: T };

const AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate";

/** Adds to a stored role what it lacks of the default one. What an administrator added stays. */
export function repairRole<T extends ClusterRole | Role>(expected: T, stored: T): Repair<T> | undefined {
  if (isLeftAlone(stored)) return undefined;
  const aggregated = "aggregationRule" in expected && expected.aggregationRule !== undefined;
  // The rules of an aggregated role are the aggregation controller's.
  const missing = aggregated ? [] : missingRules(expected.rules, stored.rules);
  const withoutAggregation = aggregated && (stored as ClusterRole).aggregationRule === undefined;
  const metadata = completeMetadata(expected, stored);
  if (missing.length === 0 && !withoutAggregation && metadata === undefined) return undefined;
  const object: T = {
    ...stored,
    ...(metadata === undefined ? {} : { metadata }),
    ...(missing.length === 0 ? {} : { rules: [...(stored.rules ?? []), ...missing] }),
    ...(withoutAggregation ? { aggregationRule: (expected as ClusterRole).aggregationRule } : {}),
  };
  return { kind: "update", object };
}

function missingRules(expected: readonly PolicyRule[] = [], stored: readonly PolicyRule[] = []): PolicyRule[] {
  return sameRules(expected, stored) ? [] : uncovered(stored, expected);
}

/** Adds to a stored binding the subjects that it lacks; makes it anew when it names another role. */
export function repairBinding<T extends ClusterRoleBinding | RoleBinding>(
  expected: T,
  stored: T,
): Repair<T> | undefined {
  if (isLeftAlone(stored)) return undefined;
  if (stored.roleRef.kind !== expected.roleRef.kind || stored.roleRef.name !== expected.roleRef.name) {
    return { kind: "replace", object: expected };
  }
  const has = new Set((stored.subjects ?? []).map(subjectKey));
  const missing = (expected.subjects ?? []).filter((subject) => !has.has(subjectKey(subject)));
  const metadata = completeMetadata(expected, stored);
  if (missing.length === 0 && metadata === undefined) return undefined;
  const subjects = [...(stored.subjects ?? []), ...missing];
  const object: T = {
    ...stored,
    ...(metadata === undefined ? {} : { metadata }),
    ...(subjects.length === 0 ? {} : { subjects }),
  };
  return { kind: "update", object };
}

function isLeftAlone(stored: ApiObject): boolean {
  return stored.metadata?.annotations?.[AUTOUPDATE] === "false";
}

/** The stored metadata with the labels and annotations that it lacks; undefined when it lacks none. */
function completeMetadata(expected: ApiObject, stored: ApiObject): ObjectMeta | undefined {
  const labels = { ...expected.metadata?.labels, ...stored.metadata?.labels };
  const annotations = { ...expected.metadata?.annotations, ...stored.metadata?.annotations };
  const grew =
    Object.keys(labels).length > Object.keys(stored.metadata?.labels ?? {}).length ||
    Object.keys(annotations).length > Object.keys(stored.metadata?.annotations ?? {}).length;
  return grew ? { ...stored.metadata, labels, annotations } : undefined;
}

function subjectKey({ kind, name, namespace }: Subject): string {
  return `${kind}/${namespace ?? ""}/${name}`;
}
