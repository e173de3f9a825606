import { oneOfWhenSet, uniqueness } from "../field-checks.ts";
import { type FieldError, invalid, notSupported } from "../field-error.ts";
import type { MatchResources, NamedRuleWithOperations } from "../generated/admissionregistration.k8s.io/v1.ts";
import { pathSegmentErrors } from "../names.ts";
import { validateLabelSelector } from "../selectors.ts";
import { setRuleDefaults, validateRule } from "./webhook-rules.ts";

const MUTATED_OPERATIONS = ["*", "CONNECT", "CREATE", "UPDATE"];

/** Policies match other versions of their resources too, in every namespace, unless they say otherwise. */
export function setMatchDefaults(match: MatchResources | undefined): void {
  if (match === undefined) return;
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  setRuleDefaults(match.resourceRules);
  setRuleDefaults(match.excludeResourceRules);
}

/** What is wrong with what a policy or binding is about. */
export function validateMatch(match: MatchResources | undefined, field: string): FieldError[] {
  return [
    ...oneOfWhenSet(match?.matchPolicy, ["Equivalent", "Exact"], `${field}.matchPolicy`),
    ...validateLabelSelector(match?.namespaceSelector, `${field}.namespaceSelector`),
    ...validateLabelSelector(match?.objectSelector, `${field}.objectSelector`),
    ...validateNamedRules(match?.resourceRules, `${field}.resourceRules`),
    ...validateNamedRules(match?.excludeResourceRules, `${field}.excludeResourceRules`),
  ];
}

/** What can be changed is neither deleted nor anything unknown. */
export function validateMutatedOperations(match: MatchResources | undefined, field: string): FieldError[] {
  const operations = (match?.resourceRules ?? []).flatMap((rule) => rule.operations ?? []);
  const wrong = operations.filter((operation) => !MUTATED_OPERATIONS.includes(operation));
  return wrong.map((operation) => notSupported(`${field}.resourceRules.operations`, operation, MUTATED_OPERATIONS));
}

function validateNamedRules(rules: readonly NamedRuleWithOperations[] | undefined, field: string): FieldError[] {
  return (rules ?? []).flatMap((rule, index) => {
    const unique = uniqueness();
    const names = (rule.resourceNames ?? []).flatMap((name, at) => {
      const path = `${field}[${index}].resourceNames[${at}]`;
      return [...pathSegmentErrors(name).map((message) => invalid(path, name, message)), ...unique(name, path)];
    });
    return [...names, ...validateRule(rule, `${field}[${index}]`)];
  });
}
