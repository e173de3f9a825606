import { validatePodTemplate } from "../core/pod-template.ts";
import { nonNegative, optionalOneOf } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { Job, JobSpec, PodFailurePolicyRule } from "../generated/batch/v1.ts";
import { immutable } from "../object-meta.ts";
import { labelSelectorOf, validateLabelSelector } from "../selectors.ts";

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
  errors.push(...validateSuccessPolicy(spec, field));
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

function validateCompletionMode(spec: JobSpec, field: string): FieldError[] {
  const errors = optionalOneOf(spec.completionMode, ["Indexed", "NonIndexed"], `${field}.completionMode`);
  if (spec.completionMode === "Indexed") {
    if (spec.completions === undefined) {
      errors.push(required(`${field}.completions`, "when completion mode is Indexed"));
    }
    if ((spec.parallelism ?? 0) > 100_000) {
      errors.push(
        invalid(
          `${field}.parallelism`,
          spec.parallelism,
          "must be less than or equal to 100000 when completion mode is Indexed",
        ),
      );
    }
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

function validateFailurePolicy(spec: JobSpec, field: string): FieldError[] {
  const policy = spec.podFailurePolicy;
  if (policy === undefined) return [];
  const errors: FieldError[] = [];
  if (spec.template?.spec?.restartPolicy !== "Never") {
    errors.push(
      invalid(
        `${field}.template.spec.restartPolicy`,
        spec.template?.spec?.restartPolicy,
        'only "Never" is supported when podFailurePolicy is specified',
      ),
    );
  }
  policy.rules.forEach((rule, index) => {
    errors.push(...validateFailureRule(rule, `${field}.podFailurePolicy.rules[${index}]`, spec));
  });
  return errors;
}

function validateFailureRule(rule: PodFailurePolicyRule, field: string, spec: JobSpec): FieldError[] {
  const actions = ["Count", "FailIndex", "FailJob", "Ignore"];
  const errors: FieldError[] = [];
  if (!rule.action)
    errors.push(required(`${field}.action`, `valid values: ${actions.map((each) => `"${each}"`).join(", ")}`));
  else errors.push(...optionalOneOf(rule.action, actions, `${field}.action`));
  if (rule.action === "FailIndex" && spec.backoffLimitPerIndex === undefined) {
    errors.push(invalid(`${field}.action`, rule.action, "requires the backoffLimitPerIndex to be set"));
  }
  const hasConditions = (rule.onPodConditions ?? []).length > 0;
  if (rule.onExitCodes !== undefined && hasConditions) {
    errors.push(invalid(field, field, "specifying both OnExitCodes and OnPodConditions is not supported"));
  }
  if (rule.onExitCodes === undefined && !hasConditions) {
    errors.push(invalid(field, field, "specifying one of OnExitCodes and OnPodConditions is required"));
  }
  const codes = rule.onExitCodes;
  if (codes !== undefined) {
    errors.push(...optionalOneOf(codes.operator, ["In", "NotIn"], `${field}.onExitCodes.operator`));
    if (codes.values.length === 0)
      errors.push(invalid(`${field}.onExitCodes.values`, codes.values, "at least one value is required"));
    codes.values.forEach((value, index) => {
      if (codes.operator === "In" && value === 0) {
        errors.push(invalid(`${field}.onExitCodes.values[${index}]`, value, "must not be 0 for the In operator"));
      }
    });
  }
  return errors;
}

function validateSuccessPolicy(spec: JobSpec, field: string): FieldError[] {
  const policy = spec.successPolicy;
  if (policy === undefined) return [];
  const path = `${field}.successPolicy`;
  if (spec.completionMode !== "Indexed") {
    return [invalid(path, policy, "requires indexed completion mode")];
  }
  if (policy.rules.length === 0)
    return [required(`${path}.rules`, "at least one rules must be specified when the successPolicy is specified")];
  return policy.rules.flatMap((rule, index) => {
    const at = `${path}.rules[${index}]`;
    if (rule.succeededCount === undefined && rule.succeededIndexes === undefined) {
      return [required(at, "at least one of succeededCount or succeededIndexes must be specified")];
    }
    if (rule.succeededCount !== undefined && rule.succeededCount > (spec.completions ?? 0)) {
      const message = `must be less than or equal to ${spec.completions} (the number of specified completions)`;
      return [invalid(`${at}.succeededCount`, rule.succeededCount, message)];
    }
    return [];
  });
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
