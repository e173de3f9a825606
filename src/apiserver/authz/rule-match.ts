import type { PolicyRule } from "../../api/generated/rbac.authorization.k8s.io/v1.ts";
import type { AuthorizationAttributes } from "./authorizer.ts";

/** The question that rules answer. */
export type RuleQuestion = Pick<
  AuthorizationAttributes,
  "verb" | "resourceRequest" | "group" | "resource" | "subresource" | "name" | "path"
>;

/** Whether one of the rules allows it. */
export function rulesAllow(rules: readonly PolicyRule[], question: RuleQuestion): boolean {
  return rules.some((rule) => ruleAllows(rule, question));
}

export function ruleAllows(rule: PolicyRule, question: RuleQuestion): boolean {
  if (!holds(rule.verbs, question.verb)) return false;
  if (!question.resourceRequest) return matchesPath(rule, question.path);
  const { group, name } = question;
  return holds(rule.apiGroups, group) && matchesResource(rule, question) && matchesName(rule, name);
}

function holds(allowed: readonly string[] | undefined, wanted: string): boolean {
  return allowed !== undefined && (allowed.includes("*") || allowed.includes(wanted));
}

/** A rule names `pods`, `pods/log`, `*` for all, or a subresource of everything. */
function matchesResource({ resources }: PolicyRule, { resource, subresource }: RuleQuestion): boolean {
  if (resources === undefined) return false;
  const wanted = subresource === "" ? resource : `${resource}/${subresource}`;
  if (resources.includes("*") || resources.includes(wanted)) return true;
  return subresource !== "" && resources.includes(`*/${subresource}`);
}

function matchesName({ resourceNames }: PolicyRule, name: string): boolean {
  return resourceNames === undefined || resourceNames.length === 0 || resourceNames.includes(name);
}

/** Paths match exactly, or by what stands before a final star. */
function matchesPath({ nonResourceURLs }: PolicyRule, path: string): boolean {
  return (nonResourceURLs ?? []).some(
    (allowed) =>
      allowed === "*" || allowed === path || (allowed.endsWith("*") && path.startsWith(allowed.slice(0, -1))),
  );
}
