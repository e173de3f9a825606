import { isDeepStrictEqual } from "node:util";
import type {
  AggregationRule,
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  Subject,
} from "../../api/generated/rbac.authorization.k8s.io/v1.ts";
import { type ApiObject, keyOf, type ObjectMeta } from "../../api/meta.ts";
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
  const wanted = aggregationOf(expected);
  // The rules of an aggregated role are the aggregation controller's.
  const missing = wanted === undefined ? missingRules(expected.rules, stored.rules) : [];
  const aggregation = completeAggregation(wanted, aggregationOf(stored));
  const metadata = completeMetadata(expected, stored);
  if (missing.length === 0 && aggregation === undefined && metadata === undefined) return undefined;
  const object: T = {
    ...stored,
    ...(metadata === undefined ? {} : { metadata }),
    ...(missing.length === 0 ? {} : { rules: [...(stored.rules ?? []), ...missing] }),
    ...(aggregation === undefined ? {} : { aggregationRule: aggregation }),
  };
  if (wanted === undefined) delete (object as ClusterRole).aggregationRule;
  return { kind: "update", object };
}

const aggregationOf = (role: ClusterRole | Role): AggregationRule | undefined => (role as ClusterRole).aggregationRule;

/**
 * The stored selectors with those that they lack; undefined when nothing is to be done. A role that should not aggregate
 * at all loses its selectors, or the controller would write over its rules.
 */
function completeAggregation(
  expected: AggregationRule | undefined,
  stored: AggregationRule | undefined,
): AggregationRule | undefined {
  if (expected === undefined) return stored === undefined ? undefined : {};
  const has = stored?.clusterRoleSelectors ?? [];
  const missing = (expected.clusterRoleSelectors ?? []).filter(
    (selector) => !has.some((each) => isDeepStrictEqual(each, selector)),
  );
  return missing.length === 0 ? undefined : { clusterRoleSelectors: [...has, ...missing] };
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
  const { apiGroup, kind, name } = expected.roleRef;
  const to = stored.roleRef;
  if (to.apiGroup !== apiGroup || to.kind !== kind || to.name !== name) {
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

/** Bindings that were once part of another one: whoever may no longer discover is not let in by the new one either. */
const SPLIT_FROM: Readonly<Record<string, string>> = { "system:public-info-viewer": "system:discovery" };

/** The binding to create where there is none, in view of those that are there, by keyOf. */
export function beginBinding(
  expected: ClusterRoleBinding,
  stored: ReadonlyMap<string, ClusterRoleBinding>,
): ClusterRoleBinding {
  const { name = "" } = expected.metadata ?? {};
  const origin = stored.get(keyOf({ metadata: { name: SPLIT_FROM[name] ?? "" } }));
  if (origin === undefined) return expected;
  const { labels, annotations } = origin.metadata ?? {};
  const { subjects } = origin;
  const begun: ClusterRoleBinding = {
    metadata: {
      name,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    roleRef: expected.roleRef,
    ...(subjects === undefined ? {} : { subjects }),
  };
  return repairBinding(expected, begun)?.object ?? begun;
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
