import {
  duplicate,
  type FieldError,
  invalid,
  invalidWithoutValue,
  notSupported,
  required,
  tooLong,
  tooMany,
} from "../field-error.ts";
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from "../generated/batch/v1.ts";
import { qualifiedNameErrors } from "../names.ts";
import { succeededIndexesError } from "./succeeded-indexes.ts";

const RULES_MAX = 20;
const EXIT_CODES_MAX = 255;
const PATTERNS_MAX = 20;
const ACTIONS = ["Count", "FailIndex", "FailJob", "Ignore"];
const STATUSES = ["False", "True", "Unknown"];
const INDEXES_LENGTH_MAX = 64 * 1024;

/** A list as Go quotes it. */
const validValues = (values: readonly string[]): string =>
  `valid values: [${values.map((each) => `"${each}"`).join(" ")}]`;

/** What is wrong with what a job makes of failed pods. */
export function validateFailurePolicy(spec: JobSpec, field: string): FieldError[] {
  const policy = spec.podFailurePolicy;
  if (policy === undefined) return [];
  const errors: FieldError[] = [];
  const path = `${field}.podFailurePolicy.rules`;
  const rules = policy.rules ?? [];
  if (rules.length > RULES_MAX) errors.push(tooMany(path, rules.length, RULES_MAX));
  const containers = [...(spec.template?.spec?.initContainers ?? []), ...(spec.template?.spec?.containers ?? [])];
  const names = new Set(containers.map(({ name }) => name));
  rules.forEach((rule, index) => {
    errors.push(...validateFailureRule(rule, `${path}[${index}]`, { spec, names }));
  });
  return errors;
}

function validateFailureRule(
  rule: PodFailurePolicyRule,
  field: string,
  { spec, names }: { spec: JobSpec; names: ReadonlySet<string> },
): FieldError[] {
  const errors: FieldError[] = [];
  if (!rule.action) errors.push(required(`${field}.action`, validValues(ACTIONS)));
  else if (rule.action === "FailIndex" && spec.backoffLimitPerIndex === undefined) {
    errors.push(invalid(`${field}.action`, rule.action, "requires the backoffLimitPerIndex to be set"));
  } else if (!ACTIONS.includes(rule.action)) errors.push(notSupported(`${field}.action`, rule.action, ACTIONS));
  if (rule.onExitCodes !== undefined)
    errors.push(...validateExitCodes(rule.onExitCodes, `${field}.onExitCodes`, names));
  const patterns = rule.onPodConditions ?? [];
  if (patterns.length > PATTERNS_MAX) errors.push(tooMany(`${field}.onPodConditions`, patterns.length, PATTERNS_MAX));
  patterns.forEach((pattern, index) => {
    const path = `${field}.onPodConditions[${index}]`;
    const { type = "", status } = pattern;
    errors.push(...qualifiedNameErrors(type).map((why) => invalid(`${path}.type`, type, why)));
    if (!status) errors.push(required(`${path}.status`, validValues(STATUSES)));
    else if (!STATUSES.includes(status)) errors.push(notSupported(`${path}.status`, status, STATUSES));
  });
  if (rule.onExitCodes !== undefined && patterns.length > 0) {
    errors.push(invalidWithoutValue(field, "specifying both OnExitCodes and OnPodConditions is not supported"));
  }
  if (rule.onExitCodes === undefined && patterns.length === 0) {
    errors.push(invalidWithoutValue(field, "specifying one of OnExitCodes and OnPodConditions is required"));
  }
  return errors;
}

function validateExitCodes(
  codes: PodFailurePolicyOnExitCodesRequirement,
  field: string,
  names: ReadonlySet<string>,
): FieldError[] {
  const operators = ["In", "NotIn"];
  const errors: FieldError[] = [];
  if (!codes.operator) errors.push(required(`${field}.operator`, validValues(operators)));
  else if (!operators.includes(codes.operator)) {
    errors.push(notSupported(`${field}.operator`, codes.operator, operators));
  }
  if (codes.containerName !== undefined && !names.has(codes.containerName)) {
    const message = "must be one of the container or initContainer names in the pod template";
    errors.push(invalid(`${field}.containerName`, codes.containerName, message));
  }
  const values = codes.values ?? [];
  const path = `${field}.values`;
  if (values.length === 0) errors.push(invalid(path, codes.values, "at least one value is required"));
  else if (values.length > EXIT_CODES_MAX) errors.push(tooMany(path, values.length, EXIT_CODES_MAX));
  const seen = new Set<number>();
  let isOrdered = true;
  values.forEach((value, index) => {
    if (codes.operator === "In" && value === 0) {
      errors.push(invalid(`${path}[${index}]`, value, "must not be 0 for the In operator"));
    }
    if (seen.has(value)) errors.push(duplicate(`${path}[${index}]`, value));
    seen.add(value);
    if (index > 0 && values[index - 1]! > value) isOrdered = false;
  });
  if (!isOrdered) errors.push(invalid(path, values, "must be ordered"));
  return errors;
}

/** What is wrong with when a job has succeeded. */
export function validateSuccessPolicy(spec: JobSpec, field: string): FieldError[] {
  const policy = spec.successPolicy;
  if (policy === undefined) return [];
  const path = `${field}.successPolicy`;
  if (spec.completionMode !== "Indexed") return [invalid(path, policy, "requires indexed completion mode")];
  const rules = policy.rules ?? [];
  if (rules.length === 0) {
    return [required(`${path}.rules`, "at least one rules must be specified when the successPolicy is specified")];
  }
  const errors = rules.length > RULES_MAX ? [tooMany(`${path}.rules`, rules.length, RULES_MAX)] : [];
  return [...errors, ...rules.flatMap((rule, index) => validateSuccessRule(rule, `${path}.rules[${index}]`, spec))];
}

function validateSuccessRule(rule: SuccessPolicyRule, field: string, { completions }: JobSpec): FieldError[] {
  const { succeededCount, succeededIndexes } = rule;
  if (succeededCount === undefined && succeededIndexes === undefined) {
    return [required(field, "at least one of succeededCount or succeededIndexes must be specified")];
  }
  const errors: FieldError[] = [];
  if ((succeededIndexes ?? "").length > INDEXES_LENGTH_MAX) {
    errors.push(tooLong(`${field}.succeededIndexes`, INDEXES_LENGTH_MAX));
  }
  const indexes =
    succeededIndexes === undefined || completions === undefined
      ? undefined
      : succeededIndexesError(succeededIndexes, completions);
  if (typeof indexes === "string") {
    errors.push(invalid(`${field}.succeededIndexes`, succeededIndexes, `error parsing succeededIndexes: ${indexes}`));
  }
  if (succeededCount === undefined) return errors;
  const path = `${field}.succeededCount`;
  if (succeededCount < 0) errors.push(invalid(path, succeededCount, "must be greater than or equal to 0"));
  if (completions !== undefined && succeededCount > completions) {
    const message = `must be less than or equal to ${completions} (the number of specified completions)`;
    errors.push(invalid(path, succeededCount, message));
  }
  if (typeof indexes === "number" && succeededCount > indexes) {
    const message = `must be less than or equal to ${indexes} (the number of indexes in the specified succeededIndexes field)`;
    errors.push(invalid(path, succeededCount, message));
  }
  return errors;
}
