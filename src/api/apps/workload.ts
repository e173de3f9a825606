import { validatePodTemplate, validateTemplateMatch, validateWorkloadSelector } from "../core/pod-template.ts";
import { nonNegative } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { PodTemplateSpec } from "../generated/core/v1.ts";
import type { IntOrString } from "../int-or-string.ts";
import { percentErrors } from "../names.ts";
import { type LabelSelectorLike, validateLabelSelector } from "../selectors.ts";

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

export interface ReplicaCounts {
  readonly replicas?: number | undefined;
  readonly readyReplicas?: number | undefined;
  readonly availableReplicas?: number | undefined;
}

/**
 * Counts of a status: none below zero, none above what it is a part of.
 *
 * @param options.counts names of all of them, in the order in which upstream looks at them
 * @param options.within those that are at most the number of replicas
 * @param options.ready what upstream calls the ready ones in the message about available ones
 */
export function validateCounts<S extends ReplicaCounts>(
  status: S | undefined,
  options: { counts: readonly (keyof S & string)[]; within: readonly (keyof S & string)[]; ready: string },
): FieldError[] {
  const count = (key: keyof S): number => (status?.[key] as number | undefined) ?? 0;
  const errors = options.counts.flatMap((key) => nonNegative(count(key), `status.${key}`));
  for (const key of options.within) {
    if (count(key) <= count("replicas")) continue;
    errors.push(invalid(`status.${key}`, count(key), "cannot be greater than status.replicas"));
  }
  if (count("availableReplicas") > count("readyReplicas")) {
    const message = `cannot be greater than ${options.ready}`;
    errors.push(invalid("status.availableReplicas", count("availableReplicas"), message));
  }
  return errors;
}

interface Collisions {
  readonly status?: { readonly collisionCount?: number };
}

/** The number of names that were taken only grows. */
export function validateCollisions(object: Collisions, old: Collisions): FieldError[] {
  const before = old.status?.collisionCount;
  const now = object.status?.collisionCount ?? 0;
  return before !== undefined && now < before ? [invalid("status.collisionCount", now, "cannot be decremented")] : [];
}

/** A strategy as upstream shows it in a message. */
export const shownStrategy = (strategy: { type?: string; rollingUpdate?: object } | undefined): object => ({
  Type: strategy?.type ?? "",
  RollingUpdate: strategy?.rollingUpdate ?? null,
});

/** What is wrong with a selector, and with a template that is to match it, where a template is looked at only then. */
export function validateSelectedTemplate(
  spec: { selector?: LabelSelectorLike; template?: PodTemplateSpec } | undefined,
  kind: string,
  oldTemplate: PodTemplateSpec | undefined,
): FieldError[] {
  const { selector, template } = spec ?? {};
  const errors = validateWorkloadSelector(selector, "spec.selector", "deployment");
  if (validateLabelSelector(selector, "").length > 0) {
    return [...errors, invalid("spec.selector", selector, "invalid label selector")];
  }
  if (template === undefined) return [...errors, required("spec.template")];
  return [
    ...errors,
    ...validateTemplateMatch(selector, template, "spec.template"),
    ...validatePodTemplate(template, "spec.template", oldTemplate),
    ...validateAlwaysRestarts(template, kind),
  ];
}
