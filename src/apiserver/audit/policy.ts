import type { AuditLevel, AuditStage } from "./event.ts";

/** A Policy of audit.k8s.io/v1: the first rule that matches a request says how much of it is written down. */
export interface AuditPolicy {
  readonly apiVersion: "audit.k8s.io/v1";
  readonly kind: "Policy";
  readonly metadata?: unknown;
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
  readonly rules: readonly AuditRule[];
}

export interface AuditRule {
  readonly level: AuditLevel;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly AuditGroupResources[];
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

export interface AuditGroupResources {
  readonly group?: string;
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** The policy cannot be used. The message names every field that is wrong. */
export class AuditPolicyError extends Error {
  override name = "AuditPolicyError";
}

const LEVELS = ["None", "Metadata", "Request", "RequestResponse"];
const STAGES = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"];
const POLICY_FIELDS = new Set(["apiVersion", "kind", "metadata", "omitStages", "omitManagedFields", "rules"]);
const RULE_LISTS = ["users", "userGroups", "verbs", "namespaces", "nonResourceURLs"] as const;
const RULE_FIELDS = new Set([...RULE_LISTS, "level", "resources", "omitStages", "omitManagedFields"] as string[]);
const GROUP_FIELDS = new Set(["group", "resources", "resourceNames"]);

/** Reads a policy as upstream's loader: strictly, so that a misspelt field never lets a request go unseen. @throws AuditPolicyError */
export function readPolicy(value: unknown): AuditPolicy {
  const problems: string[] = [];
  const policy = objectAt(value, "policy", problems);
  if (policy.apiVersion !== "audit.k8s.io/v1" || policy.kind !== "Policy") {
    throw new AuditPolicyError(
      `the audit policy must be of kind Policy in audit.k8s.io/v1, not ${String(policy.kind)} in ${String(policy.apiVersion)}`,
    );
  }
  unknownFields(policy, POLICY_FIELDS, "", problems);
  stagesAt(policy.omitStages, "omitStages", problems);
  booleanAt(policy.omitManagedFields, "omitManagedFields", problems);
  if (!Array.isArray(policy.rules) || policy.rules.length === 0) {
    problems.push("rules: Required value: a policy has at least one rule");
  } else for (const [index, rule] of policy.rules.entries()) checkRule(rule, `rules[${index}]`, problems);
  if (problems.length > 0) throw new AuditPolicyError(`the audit policy is invalid: ${problems.join("; ")}`);
  return value as AuditPolicy;
}

function checkRule(value: unknown, path: string, problems: string[]): void {
  const rule = objectAt(value, path, problems);
  unknownFields(rule, RULE_FIELDS, `${path}.`, problems);
  if (!LEVELS.includes(rule.level as string)) problems.push(unsupported(`${path}.level`, rule.level, LEVELS));
  for (const field of RULE_LISTS) stringsAt(rule[field], `${path}.${field}`, problems);
  stagesAt(rule.omitStages, `${path}.omitStages`, problems);
  booleanAt(rule.omitManagedFields, `${path}.omitManagedFields`, problems);
  const urls = (Array.isArray(rule.nonResourceURLs) ? rule.nonResourceURLs : []) as string[];
  const resources = Array.isArray(rule.resources) ? rule.resources : [];
  const namespaces = Array.isArray(rule.namespaces) ? rule.namespaces : [];
  if (urls.length > 0 && resources.length + namespaces.length > 0) {
    problems.push(
      `${path}.nonResourceURLs: Invalid value: rules cannot apply to both regular resources and non-resource URLs`,
    );
  }
  urls.forEach((url, index) => {
    if (url === "*" || (url.startsWith("/") && !url.slice(0, -1).includes("*"))) return;
    problems.push(
      `${path}.nonResourceURLs[${index}]: Invalid value: "${url}": non-resource URL rules must begin with a '/' character, and hold '*' at the end only`,
    );
  });
  if (rule.resources !== undefined && !Array.isArray(rule.resources))
    problems.push(`${path}.resources: must be a list`);
  for (const [index, group] of resources.entries()) checkGroup(group, `${path}.resources[${index}]`, problems);
}

function checkGroup(value: unknown, path: string, problems: string[]): void {
  const group = objectAt(value, path, problems);
  unknownFields(group, GROUP_FIELDS, `${path}.`, problems);
  if (group.group !== undefined && typeof group.group !== "string") problems.push(`${path}.group: must be text`);
  stringsAt(group.resources, `${path}.resources`, problems);
  stringsAt(group.resourceNames, `${path}.resourceNames`, problems);
  const names = Array.isArray(group.resourceNames) ? group.resourceNames : [];
  const resources = Array.isArray(group.resources) ? group.resources : [];
  if (names.length > 0 && resources.length === 0) {
    problems.push(`${path}.resourceNames: Invalid value: using resourceNames requires at least one resource`);
  }
}

function objectAt(value: unknown, path: string, problems: string[]): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  problems.push(`${path}: must be an object`);
  return {};
}

function unknownFields(
  value: Record<string, unknown>,
  known: ReadonlySet<string>,
  path: string,
  problems: string[],
): void {
  for (const field of Object.keys(value)) if (!known.has(field)) problems.push(`unknown field "${path}${field}"`);
}

function stringsAt(value: unknown, path: string, problems: string[]): void {
  if (value === undefined || value === null) return;
  if (!Array.isArray(value) || value.some((each) => typeof each !== "string"))
    problems.push(`${path}: must be a list of texts`);
}

function stagesAt(value: unknown, path: string, problems: string[]): void {
  stringsAt(value, path, problems);
  if (!Array.isArray(value)) return;
  for (const stage of value) if (!STAGES.includes(stage)) problems.push(unsupported(path, stage, STAGES));
}

function booleanAt(value: unknown, path: string, problems: string[]): void {
  if (value !== undefined && typeof value !== "boolean") problems.push(`${path}: must be true or false`);
}

function unsupported(path: string, value: unknown, known: readonly string[]): string {
  return `${path}: Unsupported value: ${JSON.stringify(value)}: supported values: ${known.map((each) => `"${each}"`).join(", ")}`;
}
