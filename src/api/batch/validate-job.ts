import { validatePodTemplate } from "../core/pod-template.ts";
import { nonNegative, optionalOneOf } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { Job, JobSpec } from "../generated/batch/v1.ts";
import { immutable } from "../object-meta.ts";
import { labelSelectorOf, validateLabelSelector } from "../selectors.ts";
import { validateFailurePolicy, validateSuccessPolicy } from "./validate-job-policies.ts";
import { validateManagedBy } from "./validate-managed-by.ts";

/** What is wrong with a job. */
export function validateJob(job: Job): FieldError[] {
  const { spec } = job;
  const errors = validateJobSpec(spec, "spec");
  if (spec?.selector === undefined) return [...errors, required("spec.selector")];
  errors.push(...validateLabelSelector(spec.selector, "spec.selector"));
  const labels = spec.template?.metadata?.labels;
  if (errors.length === 0 && !labelSelectorOf(spec.selector)(labels)) {
    const message = "`selector` does not match template `labels`";
    errors.push(invalid("spec.template.metadata.labels", labels ?? null, message));
  }
  return errors;
}

/** What is wrong with a job's spec, in a job or in a cron job's template. */
export function validateJobSpec(spec: JobSpec | undefined, field: string): FieldError[] {
  if (spec === undefined) return [required(field)];
  const counts = [
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
  ] as const;
  const errors = counts.flatMap((key) => nonNegative(spec[key], `${field}.${key}`));
  errors.push(...validateCompletionMode(spec, field), ...validateFailurePolicy(spec, field));
  errors.push(...validateSuccessPolicy(spec, field), ...validateManagedBy(spec.managedBy, `${field}.managedBy`));
  errors.push(
    ...optionalOneOf(spec.podReplacementPolicy, ["Failed", "TerminatingOrFailed"], `${field}.podReplacementPolicy`),
  );
  if (spec.podFailurePolicy !== undefined && spec.podReplacementPolicy === "TerminatingOrFailed") {
    errors.push(notSupported(`${field}.podReplacementPolicy`, spec.podReplacementPolicy, ["Failed"]));
  }
  errors.push(...validatePodTemplate(spec.template, `${field}.template`));
  const policy = spec.template?.spec?.restartPolicy;
  if (policy === "Always" || policy === "") {
    errors.push(required(`${field}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"'));
  }
  return errors;
}

const INDEXES_MAX = 100_000;
const MANY_INDEXES_PARALLELISM_MAX = 10_000;

function validateIndexedLimits(spec: JobSpec, field: string): FieldError[] {
  const { completions = 0, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec;
  const errors: FieldError[] = [];
  const atMost = (key: "parallelism" | "maxFailedIndexes", max: number, when: string): void => {
    const value = spec[key] ?? 0;
    if (value > max) errors.push(invalid(`${field}.${key}`, value, `must be less than or equal to ${max}${when}`));
  };
  atMost("parallelism", INDEXES_MAX, " when completion mode is Indexed");
  if (maxFailedIndexes !== undefined) {
    if (maxFailedIndexes > completions) {
      const message = "must be less than or equal to completions when specified";
      errors.push(invalid(`${field}.maxFailedIndexes`, maxFailedIndexes, message));
    }
    atMost("maxFailedIndexes", INDEXES_MAX, "");
  }
  if (completions > INDEXES_MAX && backoffLimitPerIndex !== undefined) {
    if (maxFailedIndexes === undefined) {
      const message = `must be specified when completions is above ${INDEXES_MAX}`;
      errors.push(required(`${field}.maxFailedIndexes`, message));
    } else
      atMost(
        "maxFailedIndexes",
        MANY_INDEXES_PARALLELISM_MAX,
        ` when completions are above ${INDEXES_MAX} and used with backoff limit per index`,
      );
    if (parallelism > MANY_INDEXES_PARALLELISM_MAX) {
      atMost(
        "parallelism",
        MANY_INDEXES_PARALLELISM_MAX,
        ` when completions are above ${INDEXES_MAX} and used with backoff limit per index`,
      );
    }
  }
  return errors;
}

function validateCompletionMode(spec: JobSpec, field: string): FieldError[] {
  const errors = optionalOneOf(spec.completionMode, ["Indexed", "NonIndexed"], `${field}.completionMode`);
  if (spec.completionMode === "Indexed") {
    if (spec.completions === undefined) {
      errors.push(required(`${field}.completions`, "when completion mode is Indexed"));
    }
    errors.push(...validateIndexedLimits(spec, field));
  } else {
    for (const key of ["backoffLimitPerIndex", "maxFailedIndexes"] as const) {
      if (spec[key] !== undefined) {
        errors.push(invalid(`${field}.${key}`, spec[key], "requires indexed completion mode"));
      }
    }
  }
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.push(required(`${field}.backoffLimitPerIndex`, "when maxFailedIndexes is specified"));
  }
  return errors;
}

/** What is wrong with a change of a job: its pods are what they are. */
export function validateJobUpdate({ spec }: Job, old: Job): FieldError[] {
  const before = old.spec;
  const errors: FieldError[] = [];
  const elastic =
    spec?.completionMode === "Indexed" && spec.completions === spec.parallelism && spec.completions !== undefined;
  if (!elastic) errors.push(...immutable(spec?.completions, before?.completions, "spec.completions"));
  errors.push(
    ...immutable(spec?.selector, before?.selector, "spec.selector"),
    ...immutable(changeableLeftOut(spec, before), changeableLeftOut(before, before), "spec.template"),
    ...immutable(spec?.completionMode, before?.completionMode, "spec.completionMode"),
    ...immutable(spec?.podFailurePolicy, before?.podFailurePolicy, "spec.podFailurePolicy"),
    ...immutable(spec?.backoffLimitPerIndex, before?.backoffLimitPerIndex, "spec.backoffLimitPerIndex"),
    ...immutable(spec?.managedBy, before?.managedBy, "spec.managedBy"),
    ...immutable(spec?.successPolicy, before?.successPolicy, "spec.successPolicy"),
  );
  return errors;
}

/** While a job is suspended and never started, where its pods may run can still change. */
function changeableLeftOut(spec: JobSpec | undefined, before: JobSpec | undefined): unknown {
  if (before?.suspend !== true || spec?.template === undefined) return spec?.template;
  const { nodeSelector: _n, tolerations: _t, affinity: _a, schedulingGates: _s, ...rest } = spec.template.spec ?? {};
  return { ...spec.template, metadata: undefined, spec: rest };
}

/** What is wrong with a job's status. */
export function validateJobStatus({ status }: Job, old: Job): FieldError[] {
  const errors = (["active", "succeeded", "failed", "ready", "terminating"] as const).flatMap((key) =>
    nonNegative(status?.[key], `status.${key}`),
  );
  const types = new Set((status?.conditions ?? []).filter((each) => each.status === "True").map((each) => each.type));
  if (types.has("Complete") && types.has("Failed")) {
    errors.push(
      invalid("status.conditions", status?.conditions, "cannot set Complete=True and Failed=true conditions"),
    );
  }
  for (const type of ["Complete", "Failed"]) {
    const was = old.status?.conditions?.some((each) => each.type === type && each.status === "True");
    if (was && !types.has(type))
      errors.push(
        invalid("status.conditions", status?.conditions, `cannot disable the terminal ${type}=True condition`),
      );
  }
  if (types.has("Complete") && status?.completionTime === undefined) {
    errors.push(required("status.completionTime", "completionTime is required for Complete jobs"));
  }
  if (!types.has("Complete") && status?.completionTime !== undefined) {
    errors.push(
      invalid(
        "status.completionTime",
        status.completionTime,
        "cannot set completionTime when there is no Complete=True condition",
      ),
    );
  }
  return errors;
}
