import type { GroupVersionKind } from "../../../api/schema.ts";
import { internalError } from "../../../api/status.ts";
import type { AdmissionAttributes } from "../admission.ts";
import type { GroupVersionResource, ResourceVersions } from "./resource-versions.ts";

/** RuleWithOperations of webhooks, NamedRuleWithOperations of policies. */
export interface Rule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  /** `pods`, `pods/exec`, `pods/*`, `*` (no subresource), `*∕scale`, `*∕*`. */
  readonly resources?: readonly string[];
  /** Empty: every name. */
  readonly resourceNames?: readonly string[];
  readonly scope?: string;
}

/** As which resource and kind a request is what the rules are about. */
export interface RuleMatch {
  readonly resource: GroupVersionResource;
  readonly kind: GroupVersionKind;
}

/**
 * How the rules match a request: as it is, or (policy Equivalent) as another group and version that serves the same
 * objects. @throws StatusError InternalError when that version has no kind
 */
export function matchRules(
  rules: readonly Rule[] | undefined,
  attributes: AdmissionAttributes,
  options: { matchPolicy: string | undefined; versions: ResourceVersions },
): RuleMatch | undefined {
  const { resource, kind, subresource } = attributes;
  const all = rules ?? [];
  if (all.some((rule) => matchesRule(rule, resource, attributes))) return { resource: plain(resource), kind };
  if (options.matchPolicy !== "Equivalent") return undefined;
  const fitting = all.filter((rule) => matchesBesides(rule, attributes));
  if (fitting.length === 0) return undefined;
  const equivalents = options.versions.equivalents(resource);
  for (const rule of fitting) {
    const equivalent = equivalents.find((each) => matchesRule(rule, each, attributes));
    if (equivalent === undefined) continue;
    const found = options.versions.kindOf(equivalent, subresource);
    if (found === undefined) {
      const { group, version, resource: name } = equivalent;
      throw internalError(`unable to convert to ${group}/${version}, Resource=${name}: unknown kind`);
    }
    return { resource: equivalent, kind: { group: found.group, version: found.version, kind: found.kind } };
  }
  return undefined;
}

function plain({ group, version, resource }: GroupVersionResource): GroupVersionResource {
  return { group, version, resource };
}

function matchesRule(rule: Rule, resource: GroupVersionResource, attributes: AdmissionAttributes): boolean {
  return (
    matchesBesides(rule, attributes) &&
    names(rule.apiGroups, resource.group) &&
    names(rule.apiVersions, resource.version) &&
    (rule.resources ?? []).some((each) => matchesResource(each, resource.resource, attributes.subresource))
  );
}

/** Everything that does not depend on the group and version. */
function matchesBesides(rule: Rule, attributes: AdmissionAttributes): boolean {
  const { resourceNames = [] } = rule;
  return (
    names(rule.operations, attributes.operation) &&
    matchesScope(rule.scope, attributes) &&
    (resourceNames.length === 0 || resourceNames.includes(attributes.name))
  );
}

function names(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes("*") || list.includes(value));
}

function matchesResource(pattern: string, resource: string, subresource: string): boolean {
  const [wanted = "", part = ""] = pattern.split("/", 2);
  return (wanted === "*" || wanted === resource) && (part === "*" || part === subresource);
}

/** Namespaces themselves have no namespace. */
function matchesScope(scope: string | undefined, { resource, namespace }: AdmissionAttributes): boolean {
  if (scope === undefined || scope === "*") return true;
  const isInNamespace = namespace !== "" && !(resource.group === "" && resource.resource === "namespaces");
  return (scope === "Namespaced") === isInNamespace;
}
