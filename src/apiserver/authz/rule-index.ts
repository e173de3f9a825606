import type { PolicyRule } from "../../api/generated/rbac.authorization.k8s.io/v1.ts";
import { type RuleQuestion, rulesAllow } from "./rule-match.ts";

/** A role's rules by what they are about, so that a decision looks at few of them. */
export interface RuleIndex {
  readonly rules: readonly PolicyRule[];
  /** By resource as rules name it: `pods`, `pods/log`, a star, or a star before `/scale`. */
  readonly byResource: ReadonlyMap<string, readonly PolicyRule[]>;
  readonly aboutPaths: readonly PolicyRule[];
}

export function ruleIndex(rules: readonly PolicyRule[]): RuleIndex {
  const byResource = new Map<string, PolicyRule[]>();
  const aboutPaths: PolicyRule[] = [];
  for (const rule of rules) {
    if (rule.nonResourceURLs?.length) aboutPaths.push(rule);
    for (const resource of new Set(rule.resources)) {
      const found = byResource.get(resource);
      if (found === undefined) byResource.set(resource, [rule]);
      else found.push(rule);
    }
  }
  return { rules, byResource, aboutPaths };
}

/** Whether one of the rules allows it. */
export function indexAllows({ byResource, aboutPaths }: RuleIndex, question: RuleQuestion): boolean {
  if (!question.resourceRequest) return rulesAllow(aboutPaths, question);
  const { resource, subresource } = question;
  const allows = (key: string): boolean => {
    const rules = byResource.get(key);
    return rules !== undefined && rulesAllow(rules, question);
  };
  if (subresource === "") return allows(resource) || allows("*");
  return allows(`${resource}/${subresource}`) || allows("*") || allows(`*/${subresource}`);
}
