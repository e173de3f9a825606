import type { ClusterRole, PolicyRule } from "./generated/rbac.authorization.k8s.io/v1.ts";
import { labelSelectorOf } from "./selectors.ts";

/**
 * The rules that an aggregated ClusterRole should have: those of every other role that one of its selectors picks, selector
 * by selector, each selector's roles by name, every rule once. Undefined for a role that does not aggregate. What an
 * aggregated role among the picked ones holds is worked out, not read: so roles that pick each other have one answer, and
 * do not hand old rules round for ever.
 */
export function aggregateRules(role: ClusterRole, roles: readonly ClusterRole[]): PolicyRule[] | undefined {
  if (role.aggregationRule === undefined) return undefined;
  const sorted = [...roles].sort((left, right) => compareText(left.metadata?.name ?? "", right.metadata?.name ?? ""));
  const found = new Map<string, PolicyRule>();
  const visited = new Set([role.metadata?.name]);
  const open = (aggregated: ClusterRole): void => {
    for (const selector of aggregated.aggregationRule?.clusterRoleSelectors ?? []) {
      const matches = labelSelectorOf(selector);
      for (const other of sorted) {
        if (visited.has(other.metadata?.name) || !matches(other.metadata?.labels)) continue;
        visited.add(other.metadata?.name);
        if (other.aggregationRule !== undefined) open(other);
        else for (const rule of other.rules ?? []) found.set(ruleKey(rule), found.get(ruleKey(rule)) ?? rule);
      }
    }
  };
  open(role);
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
