import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type { ResourceQuota, ScopedResourceSelectorRequirement } from "../generated/core/v1.ts";
import { defineKind } from "../kind.ts";
import { compareQuantities, parseQuantity } from "../quantity.ts";
import { COUNTED_RESOURCES } from "./counted-resources.ts";
import { setResourceListDefaults } from "./resource-list.ts";
import { validateResourceName, validateResourceQuantity } from "./validate-resources.ts";

const SCOPES = [
  "BestEffort",
  "CrossNamespacePodAffinity",
  "NotBestEffort",
  "NotTerminating",
  "PriorityClass",
  "Terminating",
  "VolumeAttributesClass",
];
const OPPOSITES: readonly (readonly [string, string])[] = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
];
/** Scopes that are there or not, and have no values. */
const EXISTING = ["BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity"];
const COMPUTE = ["cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"];
const QUOTA_RESOURCES = [
  ...COMPUTE,
  "ephemeral-storage",
  "requests.storage",
  "requests.ephemeral-storage",
  "limits.ephemeral-storage",
  ...COUNTED_RESOURCES,
];
const isQuotaResource = (name: string): boolean =>
  QUOTA_RESOURCES.includes(name) || name.startsWith("hugepages-") || name.startsWith("requests.hugepages-");

type ScopeExpression = ScopedResourceSelectorRequirement;

/** Whether a quota of that scope can count the resource. */
function mayCount(scope: string, resource: string): boolean {
  switch (scope) {
    case "Terminating":
    case "NotTerminating":
    case "NotBestEffort":
    case "PriorityClass":
    case "CrossNamespacePodAffinity":
      return resource === "pods" || COMPUTE.includes(resource);
    case "BestEffort":
      return resource === "pods";
    case "VolumeAttributesClass":
      return resource === "persistentvolumeclaims" || resource === "requests.storage";
    default:
      return true;
  }
}

export const resourceQuotaKind = defineKind<ResourceQuota>({
  group: "",
  version: "v1",
  kind: "ResourceQuota",
  withoutGeneration: true,
  setDefaults(quota) {
    setResourceListDefaults(quota.spec?.hard);
    setStatusDefaults(quota);
  },
  setStatusDefaults,
  prepareForCreate(quota) {
    quota.status = {};
  },
  validate: validateQuota,
  validateUpdate({ spec }, old) {
    const [scopes, before] = [new Set(spec?.scopes), new Set(old.spec?.scopes)];
    const isSame = scopes.size === before.size && [...scopes].every((scope) => before.has(scope));
    return isSame ? [] : [invalid("spec.scopes", spec?.scopes ?? null, "field is immutable")];
  },
  validateStatusUpdate: ({ status }) => [
    ...validateHard(status?.hard, "status.hard"),
    ...validateHard(status?.used, "status.used"),
  ],
  warnings: ({ spec }, old) => (old === undefined ? orderWarnings(spec?.hard ?? {}) : []),
  columns: [
    nameColumn,
    textColumn<ResourceQuota>(
      "Request",
      "Request represents a minimum amount of cpu/memory that a container may consume.",
      (quota) => usage(quota, false),
    ),
    textColumn<ResourceQuota>(
      "Limit",
      "Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.",
      (quota) => usage(quota, true),
    ),
    ageColumn,
  ],
});

function setStatusDefaults({ status }: ResourceQuota): void {
  setResourceListDefaults(status?.hard);
  setResourceListDefaults(status?.used);
}

/** Of what may ask for more than it may use. */
function orderWarnings(hard: Readonly<Record<string, string>>): string[] {
  return ["cpu", "memory", "storage", "ephemeral-storage"].flatMap((name) => {
    const [long, limit] = [`requests.${name}`, `limits.${name}`];
    // What computes is asked for by its plain name too.
    const request = hard[long] === undefined && COMPUTE.includes(name) ? name : long;
    const [least, most] = [hard[request], hard[limit]];
    if (least === undefined || most === undefined) return [];
    if (compareQuantities(parseQuantity(least), parseQuantity(most)) <= 0) return [];
    return [`ResourceQuota ${request} (${least}) should be less than ${limit} (${most})`];
  });
}

function usage({ status }: ResourceQuota, limits: boolean): string {
  return Object.keys(status?.hard ?? {})
    .filter((name) => name.startsWith("limits.") === limits)
    .sort()
    .map((name) => `${name}: ${status?.used?.[name] ?? "0"}/${status?.hard?.[name]}`)
    .join(", ");
}

function validateHard(hard: Readonly<Record<string, string>> | undefined, field: string): FieldError[] {
  return Object.entries(hard ?? {}).flatMap(([name, text]) => {
    const path = `${field}[${name}]`;
    return [...validateQuotaName(name, path), ...validateResourceQuantity(name, text, path)];
  });
}

function validateQuotaName(name: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field);
  if (name.includes("/") || isQuotaResource(name)) return errors;
  return [...errors, invalid(field, name, "must be a standard resource for quota")];
}

function validateQuota({ spec = {} }: ResourceQuota): FieldError[] {
  const scopes = spec.scopes ?? [];
  const known = Object.keys(spec.hard ?? {}).filter(isQuotaResource);
  const errors = validateHard(spec.hard, "spec.hard");
  for (const scope of scopes) {
    if (!SCOPES.includes(scope)) errors.push(invalid("spec.scopes", scopes, "unsupported scope"));
    for (const name of known) {
      if (!mayCount(scope, name)) errors.push(invalid("spec.scopes", scopes, "unsupported scope applied to resource"));
    }
  }
  errors.push(...conflicts(scopes, scopes));
  const { scopeSelector } = spec;
  if (scopeSelector === undefined) return errors;
  const expressions = scopeSelector.matchExpressions ?? [];
  // What Go shows of a selector.
  const shown = {
    MatchExpressions: expressions.map(({ scopeName, operator, values }) => ({
      ScopeName: scopeName,
      Operator: operator,
      Values: values ?? null,
    })),
  };
  const field = "spec.scopeSelector.matchExpressions";
  for (const expression of expressions) {
    if (!SCOPES.includes(expression.scopeName)) {
      errors.push(invalid(`${field}.scopeName`, expression.scopeName, "unsupported scope"));
    }
    for (const name of known) {
      if (!mayCount(expression.scopeName, name)) {
        errors.push(invalid(field, shown, "unsupported scope applied to resource"));
      }
    }
    errors.push(...validateOperator(expression, field));
  }
  const named = expressions.map(({ scopeName }) => scopeName);
  return [...errors, ...conflicts(named, scopes)];
}

function conflicts(scopes: readonly string[], shown: readonly string[]): FieldError[] {
  return OPPOSITES.filter((pair) => pair.every((scope) => scopes.includes(scope))).map(() =>
    invalid("spec.scopes", shown.length === 0 ? null : shown, "conflicting scopes"),
  );
}

function validateOperator({ scopeName, operator, values = [] }: ScopeExpression, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (EXISTING.includes(scopeName) && operator !== "Exists") {
    const names = [
      "ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort,",
      "ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
    ].join(" ");
    errors.push(invalid(`${field}.operator`, operator, `must be 'Exists' when scope is any of ${names}`));
  }
  switch (operator) {
    case "In":
    case "NotIn": {
      const message = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
      return values.length > 0 ? errors : [...errors, required(`${field}.values`, message)];
    }
    case "Exists":
    case "DoesNotExist": {
      const message = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
      return values.length === 0 ? errors : [...errors, invalid(`${field}.values`, values, message)];
    }
    default:
      return [...errors, invalid(`${field}.operator`, operator, "not a valid selector operator")];
  }
}
