import { invalids, named, requiredText } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type {
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from "../generated/flowcontrol.apiserver.k8s.io/v1.ts";
import { dnsLabelErrors, dnsSubdomainErrors } from "../names.ts";

const VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];
const SUBJECTS = { ServiceAccount: "serviceAccount", User: "user", Group: "group" } as const;
const NAMESPACE = "each member of this list must be '*' or a DNS-1123 label; ";

/** What is wrong with whom a schema is about, and with what they ask for. */
export function validateFlowRule(rule: PolicyRulesWithSubjects, field: string): FieldError[] {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rule;
  const errors =
    subjects.length === 0
      ? [required(`${field}.subjects`, "subjects must contain at least one value")]
      : subjects.flatMap((subject, index) => validateSubject(subject, `${field}.subjects[${index}]`));
  if (resourceRules.length === 0 && nonResourceRules.length === 0) {
    errors.push(required(field, "at least one of resourceRules and nonResourceRules has to be non-empty"));
  }
  return [
    ...errors,
    ...resourceRules.flatMap((each, index) => validateResourceRule(each, `${field}.resourceRules[${index}]`)),
    ...nonResourceRules.flatMap((each, index) => validateUrlRule(each, `${field}.nonResourceRules[${index}]`)),
  ];
}

function validateSubject(subject: Subject, field: string): FieldError[] {
  const { kind } = subject;
  if (!Object.hasOwn(SUBJECTS, kind)) {
    return [notSupported(`${field}.kind`, kind, ["Group", "ServiceAccount", "User"])];
  }
  const key = SUBJECTS[kind as keyof typeof SUBJECTS];
  const errors = validateNamed(subject, key, `${field}.${key}`);
  for (const [otherKind, other] of Object.entries(SUBJECTS)) {
    if (other === key || subject[other] === undefined) continue;
    errors.push(forbiddenField(`${field}.${other}`, `${other} is forbidden when subject kind is not '${otherKind}'`));
  }
  return errors;
}

function validateNamed(subject: Subject, key: "user" | "group" | "serviceAccount", field: string): FieldError[] {
  const given = subject[key];
  if (given === undefined) return [required(field, `${key} is required when subject kind is '${subject.kind}'`)];
  if (key !== "serviceAccount") return requiredText(given.name, `${field}.name`);
  const { name, namespace } = subject.serviceAccount!;
  const errors = name === "*" ? [] : named(name, dnsSubdomainErrors, `${field}.name`);
  if (!namespace) return [...errors, required(`${field}.namespace`, "must specify namespace for service account")];
  return [...errors, ...invalids(`${field}.namespace`, namespace, dnsLabelErrors(namespace))];
}

/** All of them alone, or some. */
function validateList(
  values: readonly string[] | undefined,
  field: string,
  words: { readonly missing: string; readonly others: string },
): FieldError[] {
  if (values === undefined || values.length === 0) return [required(field, words.missing)];
  return values.length > 1 && values.includes("*")
    ? [invalid(field, values, `if '*' is present, must not specify other ${words.others}`)]
    : [];
}

function validateVerbs(verbs: readonly string[] | undefined, field: string): FieldError[] {
  const errors = validateList(verbs, field, { missing: "verbs must contain at least one value", others: "verbs" });
  const isUnknown = errors.length === 0 && verbs?.some((verb) => verb !== "*" && !VERBS.includes(verb));
  return isUnknown ? [notSupported(field, verbs, VERBS)] : errors;
}

function validateResourceRule(rule: ResourcePolicyRule, field: string): FieldError[] {
  const { verbs, apiGroups, resources, clusterScope = false } = rule;
  const namespaces = rule.namespaces ?? [];
  const errors = [
    ...validateVerbs(verbs, `${field}.verbs`),
    ...validateList(apiGroups, `${field}.apiGroups`, {
      missing: "resource rules must supply at least one api group",
      others: "api groups",
    }),
    ...validateList(resources, `${field}.resources`, {
      missing: "resource rules must supply at least one resource",
      others: "resources",
    }),
  ];
  const path = `${field}.namespaces`;
  if (namespaces.length === 0 && !clusterScope) {
    const message = "resource rules that are not cluster scoped must supply at least one namespace";
    return [...errors, required(path, message)];
  }
  if (namespaces.includes("*")) {
    const message = "if '*' is present, must not specify other namespaces";
    return namespaces.length > 1 ? [...errors, invalid(path, namespaces, message)] : errors;
  }
  namespaces.forEach((name, index) => {
    for (const why of dnsLabelErrors(name)) errors.push(invalid(`${path}[${index}]`, name, NAMESPACE + why));
  });
  return errors;
}

function validateUrlRule({ verbs, nonResourceURLs }: NonResourcePolicyRule, field: string): FieldError[] {
  const path = `${field}.nonResourceURLs`;
  const wrong = validateList(nonResourceURLs, path, {
    missing: "nonResourceURLs must contain at least one value",
    others: "non-resource URLs",
  });
  const isAll = nonResourceURLs?.length === 1 && nonResourceURLs[0] === "*";
  const each =
    wrong.length > 0 || isAll
      ? []
      : nonResourceURLs.flatMap((url, index) => invalids(`${path}[${index}]`, url, urlErrors(url)));
  return [...validateVerbs(verbs, `${field}.verbs`), ...wrong, ...each];
}

function urlErrors(path: string): string[] {
  if (path === "") return ["must not be empty"];
  if (path === "/") return [];
  if (!path.startsWith("/")) return ["must start with slash"];
  if (path.includes(" ")) return ["must not contain white-space"];
  if (path.includes("//")) return ["must not contain double slash"];
  const star = path.indexOf("*");
  return star < 0 || (star === path.length - 1 && path.endsWith("/*")) ? [] : ["wildcard can only do suffix matching"];
}

/** What is wrong with conditions: each has a type of its own. */
export function validateConditionTypes(conditions: readonly { type?: string }[] | undefined): FieldError[] {
  const field = "status.conditions";
  return (conditions ?? []).flatMap(({ type = "" }, index, all) => {
    const isSecond = all.findIndex((each) => (each.type ?? "") === type) < index;
    const path = `${field}[${index}].type`;
    const errors: FieldError[] = isSecond
      ? [{ reason: "FieldValueDuplicate", field: path, message: `Duplicate value: ${JSON.stringify(type)}` }]
      : [];
    return type === "" ? [...errors, required(path, "must not be empty")] : errors;
  });
}
