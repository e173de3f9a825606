import type {
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from "../../api/generated/flowcontrol.apiserver.k8s.io/v1.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import type { RequestInfo } from "../request-info.ts";

export type RequestMatcher = (user: UserInfo, info: RequestInfo) => boolean;

const SERVICE_ACCOUNT = "system:serviceaccount:";

/** A flow schema's rules as a function: one rule that matches is enough. */
export function schemaMatcher(schema: FlowSchema): RequestMatcher {
  const rules = (schema.spec?.rules ?? []).map(ruleMatcher);
  return (user, info) => rules.some((matches) => matches(user, info));
}

/** Whether some rule names the user, whatever he asks. */
export function schemaSubjects(schema: FlowSchema): (user: UserInfo) => boolean {
  const subjects = (schema.spec?.rules ?? []).flatMap((rule) => rule.subjects.map(subjectMatcher));
  return (user) => subjects.some((matches) => matches(user));
}

function ruleMatcher(rule: PolicyRulesWithSubjects): RequestMatcher {
  const subjects = rule.subjects.map(subjectMatcher);
  const resources = (rule.resourceRules ?? []).map(resourceMatcher);
  const paths = (rule.nonResourceRules ?? []).map(pathMatcher);
  return (user, info) =>
    subjects.some((matches) => matches(user)) &&
    (info.isResourceRequest ? resources : paths).some((matches) => matches(info));
}

function subjectMatcher(subject: Subject): (user: UserInfo) => boolean {
  if (subject.kind === "User") {
    const name = subject.user?.name ?? "";
    return name === "*" ? () => true : (user) => user.name === name;
  }
  if (subject.kind === "Group") {
    const name = subject.group?.name ?? "";
    return name === "*" ? () => true : (user) => user.groups.includes(name);
  }
  const { namespace = "", name = "" } = subject.serviceAccount ?? {};
  const start = `${SERVICE_ACCOUNT}${namespace}:`;
  return name === "*" ? (user) => user.name.startsWith(start) : (user) => user.name === start + name;
}

function resourceMatcher(rule: ResourcePolicyRule): (info: RequestInfo) => boolean {
  const verbs = oneOf(rule.verbs);
  const groups = oneOf(rule.apiGroups);
  const resources = oneOf(rule.resources);
  const namespaces = oneOf(rule.namespaces ?? []);
  return (info) =>
    verbs(info.verb) &&
    groups(info.group) &&
    resources(info.subresource === "" ? info.resource : `${info.resource}/${info.subresource}`) &&
    (info.namespace === "" ? rule.clusterScope === true : namespaces(info.namespace));
}

function pathMatcher(rule: NonResourcePolicyRule): (info: RequestInfo) => boolean {
  const verbs = oneOf(rule.verbs);
  return ({ verb, path }) =>
    verbs(verb) &&
    rule.nonResourceURLs.some((url) => {
      if (url === "*" || url === path) return true;
      return url.endsWith("/*") && path.startsWith(url.slice(0, -1));
    });
}

function oneOf(values: readonly string[]): (value: string) => boolean {
  if (values.includes("*")) return () => true;
  const set = new Set(values);
  return (value) => set.has(value);
}

/** What tells one flow of a schema from another: a user, a namespace, or nothing. */
export function distinguisherOf(schema: FlowSchema, user: UserInfo, info: RequestInfo): string {
  const method = schema.spec?.distinguisherMethod?.type;
  if (method === "ByUser") return user.name;
  return method === "ByNamespace" ? info.namespace : "";
}
