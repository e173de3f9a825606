import type { PolicyRule } from "./generated/rbac.authorization.k8s.io/v1.ts";

/**
 * What of the wanted rules the owned ones do not cover, broken down to one verb, group, resource and name each. A wish is
 * covered when a single owned rule covers it.
 */
export function uncovered(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakdown).filter((wish) => !owned.some((rule) => covers(rule, wish)));
}

/** Every combination that the rule stands for. A rule without names stands for all names. */
function breakdown(rule: PolicyRule): PolicyRule[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const names = resourceNames.length === 0 ? [undefined] : resourceNames;
  const found: PolicyRule[] = [];
  for (const group of apiGroups) {
    for (const resource of resources) {
      for (const verb of verbs) {
        for (const name of names) {
          const named = name === undefined ? {} : { resourceNames: [name] };
          found.push({ apiGroups: [group], resources: [resource], verbs: [verb], ...named });
        }
      }
    }
  }
  for (const url of nonResourceURLs) for (const verb of verbs) found.push({ nonResourceURLs: [url], verbs: [verb] });
  return found;
}

/** Whether the rule covers a wish from breakdown. */
function covers(rule: PolicyRule, wish: PolicyRule): boolean {
  if (!hasOrAll(rule.verbs, wish.verbs[0]!)) return false;
  const [url] = wish.nonResourceURLs ?? [];
  if (url !== undefined) return (rule.nonResourceURLs ?? []).some((allowed) => coversUrl(allowed, url));
  const [name] = wish.resourceNames ?? [];
  const names = rule.resourceNames ?? [];
  const nameCovered = names.length === 0 || (name !== undefined && names.includes(name));
  return nameCovered && hasOrAll(rule.apiGroups, wish.apiGroups![0]!) && coversResource(rule, wish.resources![0]!);
}

function hasOrAll(allowed: readonly string[] | undefined, wanted: string): boolean {
  return allowed !== undefined && (allowed.includes("*") || allowed.includes(wanted));
}

function coversResource({ resources }: PolicyRule, wanted: string): boolean {
  if (hasOrAll(resources, wanted)) return true;
  const slash = wanted.indexOf("/");
  return slash >= 0 && resources?.includes(`*${wanted.slice(slash)}`) === true;
}

function coversUrl(allowed: string, wanted: string): boolean {
  if (allowed === "*" || allowed === wanted) return true;
  return allowed.endsWith("*") && wanted.startsWith(allowed.slice(0, -1));
}

/** Rules that differ only in their verbs become one, so that messages stay short. */
export function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const found = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const { apiGroups, resources, resourceNames, nonResourceURLs } = rule;
    const key = JSON.stringify([apiGroups, resources, resourceNames, nonResourceURLs]);
    const before = found.get(key);
    if (before === undefined) found.set(key, { ...rule, verbs: [...rule.verbs] });
    else before.verbs.push(...rule.verbs.filter((verb) => !before.verbs.includes(verb)));
  }
  return [...found.values()];
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`. */
export function ruleText({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string {
  const parts: [string, readonly string[] | undefined][] = [
    ["APIGroups", apiGroups],
    ["Resources", resources],
    ["NonResourceURLs", nonResourceURLs],
    ["ResourceNames", resourceNames],
    ["Verbs", verbs],
  ];
  const texts = parts.filter(([, values]) => values?.length).map(([name, values]) => `${name}:${listText(values!)}`);
  return `{${texts.join(", ")}}`;
}

/** A list of strings as Go prints it with %q. */
export function listText(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(" ")}]`;
}
