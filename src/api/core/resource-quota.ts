import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { invalids } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { ResourceQuota } from "../generated/core/v1.ts";
import { defineKind } from "../kind.ts";
import { qualifiedNameErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
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

export const resourceQuotaKind = defineKind<ResourceQuota>({
  group: "",
  version: "v1",
  kind: "ResourceQuota",
  withoutGeneration: true,
  setDefaults({ spec, status }) {
    setResourceListDefaults(spec?.hard);
    setResourceListDefaults(status?.hard);
    setResourceListDefaults(status?.used);
  },
  prepareForCreate(quota) {
    quota.status = {};
  },
  validate: validateQuota,
  validateUpdate: (quota, old) => immutable(quota.spec?.scopes, old.spec?.scopes, "spec.scopes"),
  validateStatusUpdate: ({ status }) => [
    ...validateHard(status?.hard, "status.hard"),
    ...validateHard(status?.used, "status.used"),
  ],
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
  if (name.startsWith("count/") || name.includes(".storageclass.storage.k8s.io/")) {
    return invalids(field, name, qualifiedNameErrors(name));
  }
  if (name.startsWith("requests.hugepages-") || name.startsWith("limits.hugepages-")) return [];
  return validateResourceName(name, field);
}

function validateQuota({ spec }: ResourceQuota): FieldError[] {
  const errors = validateHard(spec?.hard, "spec.hard");
  const scopes = spec?.scopes ?? [];
  for (const scope of scopes) {
    if (!SCOPES.includes(scope)) errors.push(notSupported("spec.scopes", scope, SCOPES));
  }
  for (const [one, other] of OPPOSITES) {
    if (scopes.includes(one) && scopes.includes(other)) {
      errors.push(invalid("spec.scopes", scopes, "conflicting scopes"));
    }
  }
  (spec?.scopeSelector?.matchExpressions ?? []).forEach((expression, index) => {
    const path = `spec.scopeSelector.matchExpressions[${index}]`;
    const values = expression.values ?? [];
    if (!SCOPES.includes(expression.scopeName)) {
      errors.push(notSupported(`${path}.scopeName`, expression.scopeName, SCOPES));
    }
    const needsValues = expression.operator === "In" || expression.operator === "NotIn";
    if (needsValues && values.length === 0) {
      errors.push(
        required(`${path}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"),
      );
    } else if (!needsValues && values.length > 0) {
      errors.push(
        invalid(
          `${path}.values`,
          values,
          "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        ),
      );
    }
    if (!["In", "NotIn", "Exists", "DoesNotExist"].includes(expression.operator)) {
      errors.push(invalid(`${path}.operator`, expression.operator, "not a valid selector operator"));
    }
  });
  return errors;
}
