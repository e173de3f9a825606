import { nonNegative } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported } from "../field-error.ts";
import type { PodTemplateSpec } from "../generated/core/v1.ts";
import type { IntOrString } from "../int-or-string.ts";
import { percentErrors } from "../names.ts";

/** What is wrong with the pods of a workload that keeps them running. */
export function validateAlwaysRestarts(template: PodTemplateSpec | undefined, kind: string): FieldError[] {
  const spec = template?.spec;
  const field = "spec.template.spec";
  const errors: FieldError[] = [];
  if (spec?.restartPolicy !== "Always") {
    errors.push(notSupported(`${field}.restartPolicy`, spec?.restartPolicy ?? "", ["Always"]));
  }
  if (spec?.activeDeadlineSeconds !== undefined) {
    errors.push(forbiddenField(`${field}.activeDeadlineSeconds`, `activeDeadlineSeconds in ${kind} is not Supported`));
  }
  return errors;
}

/** A count or a percentage, neither below zero. */
export function validateIntOrPercent(value: IntOrString | undefined, field: string): FieldError[] {
  if (value === undefined) return [];
  if (typeof value === "number") return nonNegative(value, field);
  return percentErrors(value).map((message) => invalid(field, value, message));
}

export function validateNotOverHundredPercent(value: IntOrString | undefined, field: string): FieldError[] {
  return typeof value === "string" && percentErrors(value).length === 0 && Number(value.slice(0, -1)) > 100
    ? [invalid(field, value, "must not be greater than 100%")]
    : [];
}

/** True for 0 and 0%. */
export const isNone = (value: IntOrString | undefined): boolean =>
  value === undefined || value === 0 || (typeof value === "string" && /^0+%$/.test(value));

/** Counts of a status: none below zero, none above the number of replicas. */
export function validateCounts<K extends string>(
  status: { readonly [key in K | "replicas"]?: number } | undefined,
  keys: readonly K[],
): FieldError[] {
  const replicas = status?.replicas ?? 0;
  const errors = nonNegative(replicas, "status.replicas");
  for (const key of keys) {
    const count = status?.[key] ?? 0;
    errors.push(...nonNegative(count, `status.${key}`));
    if (count > replicas) errors.push(invalid(`status.${key}`, count, "cannot be greater than status.replicas"));
  }
  return errors;
}
