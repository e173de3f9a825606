import type { UserInfo } from "../authn/authenticator.ts";
import type { RequestInfo } from "../request-info.ts";
import type { RequestTarget } from "../request-target.ts";
import type { AuditLevel, AuditStage } from "./event.ts";
import type { AuditGroupResources, AuditPolicy, AuditRule } from "./policy.ts";

/** What is written down of one request. */
export interface AuditDecision {
  readonly level: AuditLevel;
  readonly omitStages: ReadonlySet<AuditStage>;
  readonly omitManagedFields: boolean;
}

export type AuditDecider = (user: UserInfo | undefined, info: RequestInfo) => AuditDecision;

const NOTHING: AuditDecision = { level: "None", omitStages: new Set(), omitManagedFields: false };

interface Rule {
  /** Whether it speaks of such a request, whoever makes it and whatever object it names. */
  readonly concerns: (info: RequestInfo) => boolean;
  readonly matches: Matcher;
  readonly decision: AuditDecision;
}

/** The policy as a function. The first rule that matches decides; without one nothing is written down. */
export function auditDecider(policy: AuditPolicy): AuditDecider {
  const rules = policy.rules.map((rule) => ({
    concerns: concernsOf(rule),
    matches: matcher(rule),
    decision: decisionOf(policy, rule),
  }));
  const rulesOf = rememberedBy(rules);
  return (user, info) => {
    for (const { matches, decision } of rulesOf(info)) if (matches(user, info)) return decision;
    return NOTHING;
  };
}

/** The rules that speak of a verb on a resource: found once. */
function rememberedBy(rules: readonly Rule[]): (info: RequestInfo) => readonly Rule[] {
  const byTarget = new WeakMap<RequestTarget, readonly Rule[]>();
  return (info) => {
    if (!info.isResourceRequest) return rules;
    let found = byTarget.get(info.target);
    if (found === undefined) {
      found = rules.filter(({ concerns }) => concerns(info));
      byTarget.set(info.target, found);
    }
    return found;
  };
}

function concernsOf(rule: AuditRule): Rule["concerns"] {
  const verbs = setOf(rule.verbs);
  const { resources = [], nonResourceURLs = [] } = rule;
  const groups = resources.map((group) => ({ ...group, resourceNames: [] }));
  return (info) => {
    if (verbs?.has(info.verb) === false) return false;
    if (groups.length > 0) return groups.some((group) => namesResource(group, info));
    return setOf(rule.namespaces) !== undefined || nonResourceURLs.length === 0;
  };
}

function decisionOf(policy: AuditPolicy, rule: AuditRule): AuditDecision {
  return {
    level: rule.level,
    omitStages: new Set([...(policy.omitStages ?? []), ...(rule.omitStages ?? [])]),
    omitManagedFields: rule.omitManagedFields ?? policy.omitManagedFields ?? false,
  };
}

type Matcher = (user: UserInfo | undefined, info: RequestInfo) => boolean;

function matcher(rule: AuditRule): Matcher {
  const users = setOf(rule.users);
  const groups = setOf(rule.userGroups);
  const verbs = setOf(rule.verbs);
  const about = targetMatcher(rule);
  return (user, info) => {
    if (verbs !== undefined && !verbs.has(info.verb)) return false;
    if (!about(info)) return false;
    if (users !== undefined && (user === undefined || !users.has(user.name))) return false;
    return groups === undefined || user?.groups.some((group) => groups.has(group)) === true;
  };
}

function targetMatcher(rule: AuditRule): (info: RequestInfo) => boolean {
  const namespaces = setOf(rule.namespaces);
  const { resources = [], nonResourceURLs: urls = [] } = rule;
  if (namespaces !== undefined || resources.length > 0) {
    return (info) => {
      if (!info.isResourceRequest || namespaces?.has(info.namespace) === false) return false;
      return resources.length === 0 || resources.some((group) => namesResource(group, info));
    };
  }
  if (urls.length > 0) return (info) => !info.isResourceRequest && urls.some((url) => namesPath(url, info.path));
  return () => true;
}

function namesResource(
  { group = "", resources = [], resourceNames = [] }: AuditGroupResources,
  info: RequestInfo,
): boolean {
  if (group !== info.group) return false;
  if (resources.length === 0) return true;
  if (resourceNames.length > 0 && !resourceNames.includes(info.name)) return false;
  const combined = info.subresource === "" ? info.resource : `${info.resource}/${info.subresource}`;
  return resources.some(
    (each) =>
      each === "*" ||
      each === combined ||
      (info.subresource !== "" && each === `*/${info.subresource}`) ||
      each === `${info.resource}/*`,
  );
}

function namesPath(url: string, path: string): boolean {
  if (url === "*" || url === path) return true;
  return url.endsWith("*") && path.startsWith(url.slice(0, -1));
}

function setOf(values: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return values === undefined || values === null || values.length === 0 ? undefined : new Set(values);
}
