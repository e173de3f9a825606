import { validatePodTemplate, validateTemplateMatch } from "../core/pod-template.ts";
import { nonNegative } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { Job, JobSpec } from "../generated/batch/v1.ts";
import { dnsLabelErrors } from "../names.ts";
import { labelSelectorOf, validateLabelSelector } from "../selectors.ts";
import { generatedLabels, hasNewerLabels, olderLabels } from "./job-labels.ts";
import { validateFailurePolicy, validateSuccessPolicy } from "./validate-job-policies.ts";
import { validateManagedBy } from "./validate-managed-by.ts";

/** What is wrong with a job. */
export function validateJob(job: Job, old?: Job): FieldError[] {
  const { spec } = job;
  return [
    ...(spec?.manualSelector === true ? [] : validateGenerated(job, old)),
    ...validateJobSpec(spec, "spec", old?.spec),
    ...(spec?.selector === undefined ? [required("spec.selector")] : []),
    ...validateLabelSelector(spec?.selector, "spec.selector"),
    ...validateTemplateMatch(spec?.selector, spec?.template, "spec.template"),
  ];
}

const COUNTS = [
  "parallelism",
  "completions",
  "activeDeadlineSeconds",
  "backoffLimit",
  "ttlSecondsAfterFinished",
  "backoffLimitPerIndex",
  "maxFailedIndexes",
] as const;

/** What is wrong with a job's spec, in a job or in a cron job's template. */
export function validateJobSpec(spec: JobSpec | undefined, field: string, old?: JobSpec): FieldError[] {
  if (spec === undefined) return [required(field)];
  return [
    ...COUNTS.flatMap((key) => nonNegative(spec[key], `${field}.${key}`)),
    ...validateManagedBy(spec.managedBy, `${field}.managedBy`),
    ...validateCompletionMode(spec, field),
    ...validateFailurePolicy(spec, field),
    ...validateSuccessPolicy(spec, field),
    ...validateReplacementPolicy(spec, `${field}.podReplacementPolicy`),
    ...validatePodTemplate(spec.template, `${field}.template`, old?.template),
    ...validateRestartPolicy(spec, `${field}.template.spec.restartPolicy`),
  ];
}

const REPLACEMENT_POLICIES = ["Failed", "TerminatingOrFailed"];

function validateReplacementPolicy(spec: JobSpec, field: string): FieldError[] {
  const policy = spec.podReplacementPolicy;
  // A failure policy has to see how a pod ended before another takes its place.
  const allowed = spec.podFailurePolicy === undefined ? REPLACEMENT_POLICIES : ["Failed"];
  return policy === undefined || allowed.includes(policy) ? [] : [notSupported(field, policy, allowed)];
}

function validateRestartPolicy(spec: JobSpec, field: string): FieldError[] {
  const policy = spec.template?.spec?.restartPolicy ?? "";
  switch (policy) {
    case "":
    case "Always":
      return [required(field, 'valid values: "OnFailure", "Never"')];
    case "Never":
      return [];
    case "OnFailure":
      return spec.podFailurePolicy === undefined
        ? []
        : [invalid(field, policy, 'only "Never" is supported when podFailurePolicy is specified')];
    default:
      return [notSupported(field, policy, ["OnFailure", "Never"])];
  }
}

/** What is wrong with a new job: what its pods will be called. */
export function validateJobCreate({ spec, metadata }: Job): FieldError[] {
  const { completionMode, completions = 0 } = spec ?? {};
  if (completionMode !== "Indexed" || completions <= 0) return [];
  const hostname = `${metadata?.name ?? ""}-${completions - 1}`;
  if (dnsLabelErrors(hostname).length === 0) return [];
  const message = `will not able to create pod with invalid DNS label: ${hostname}`;
  return [invalid("metadata.name", metadata?.name ?? "", message)];
}

/** What is wrong with labels and selector that the API server makes. Jobs of before may lack the newer of the labels. */
function validateGenerated({ spec, metadata }: Job, old: Job | undefined): FieldError[] {
  if (spec?.selector === undefined) return [];
  const { uid = "", name = "" } = metadata ?? {};
  const errors = uid === "" ? [required("metadata.uid")] : [];
  const known = old?.spec?.template?.metadata?.labels ?? {};
  const expected = hasNewerLabels(known) || old === undefined ? generatedLabels(uid, name) : olderLabels(uid, name);
  const labels = spec.template?.metadata?.labels ?? {};
  for (const [key, value] of Object.entries(expected)) {
    const path = `spec.template.metadata.labels[${key}]`;
    if (labels[key] === undefined) errors.push(required(path, `must be '${value}'`));
    else if (labels[key] !== value) errors.push(invalid(path, labels, `must be '${value}'`));
  }
  const isOwn = validateLabelSelector(spec.selector, "").length > 0 || labelSelectorOf(spec.selector)(expected);
  return isOwn ? errors : [...errors, invalid("spec.selector", spec.selector, "`selector` not auto-generated")];
}

const COMPLETION_MODES = ["NonIndexed", "Indexed"];
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
    if (spec.completions !== undefined && maxFailedIndexes > completions) {
      const message = "must be less than or equal to completions";
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
  const { completionMode: mode } = spec;
  const errors: FieldError[] = [];
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.push(required(`${field}.backoffLimitPerIndex`, "when maxFailedIndexes is specified"));
  }
  if (mode !== undefined && !COMPLETION_MODES.includes(mode)) {
    errors.push(notSupported(`${field}.completionMode`, mode, COMPLETION_MODES));
  }
  if (spec.completionMode === "Indexed") {
    if (spec.completions === undefined) {
      errors.push(required(`${field}.completions`, "when completion mode is Indexed"));
    }
    errors.push(...validateIndexedLimits(spec, field));
  } else if (mode === undefined || mode === "NonIndexed") {
    for (const key of ["backoffLimitPerIndex", "maxFailedIndexes"] as const) {
      if (spec[key] !== undefined) {
        errors.push(invalid(`${field}.${key}`, spec[key], "requires indexed completion mode"));
      }
    }
  }
  return errors;
}
