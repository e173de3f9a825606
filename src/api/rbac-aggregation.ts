import type { ClusterRole, PolicyRule } from "./generated/rbac.authorization.k8s.io/v1.ts";
import { labelSelectorOf } from "./selectors.ts";

/**
 * The rules that an aggregated ClusterRole should have: those of every other role that one of its selectors picks, selector
 * by selector, each selector's roles by name, every rule once. Undefined for a role that does not aggregate.
 */
export function aggregateRules(role: ClusterRole, roles: readonly ClusterRole[]): PolicyRule[] | undefined {
  if (role.aggregationRule === undefined) return undefined;
  const sorted = roles
    .filter((other) => other.metadata?.name !== role.metadata?.name)
    .sort((left, right) => compareText(left.metadata?.name ?? "", right.metadata?.name ?? ""));
  const found = new Map<string, PolicyRule>();
  for (const selector of role.aggregationRule.clusterRoleSelectors ?? []) {
    const matches = labelSelectorOf(selector);
    for (const other of sorted) {
      if (!matches(other.metadata?.labels)) continue;
      for (const rule of other.rules ?? []) found.set(ruleKey(rule), found.get(ruleKey(rule)) ?? rule);
    }
  }
  return [...found.values()];
}

/** Whether two lists hold the same rules in the same order. */
export function sameRules(left: readonly PolicyRule[] = [], right: readonly PolicyRule[] = []): boolean {
  return left.length === right.length && left.every((rule, index) => ruleKey(rule) === ruleKey(right[index]!));
}

/** Equal for rules that say the same, field by field. */
function ruleKey({ apiGroups, resources, resourceNames, nonResourceURLs, verbs }: PolicyRule): string {
  return JSON.stringify([apiGroups ?? [], resources ?? [], resourceNames ?? [], nonResourceURLs ?? [], verbs]);
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
