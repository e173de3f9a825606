import { joined } from "../../base/joined.ts";
import { duplicate, type FieldError, invalid, notSupported, required, tooMany } from "../field-error.ts";
import type { Container, ContainerRestartRule } from "../generated/core/v1.ts";

const POLICIES = ["Always", "Never", "OnFailure"];
const ACTIONS = ["Restart", "RestartAllContainers"];
const OPERATORS = ["In", "NotIn"];
const RULES_MAX = 20;
const EXIT_CODES_MAX = 255;
const RESIZED = ["cpu", "memory"];
const RESIZE_POLICIES = ["NotRequired", "RestartContainer"];

/** What is wrong with when a container alone is restarted. */
export function validateRestartRules(container: Container, field: string): FieldError[] {
  const { restartPolicy: policy, restartPolicyRules: rules = [] } = container;
  const errors: FieldError[] = [];
  if (policy === undefined) {
    if (rules.length > 0) {
      errors.push(required(`${field}.restartPolicy`, "must specify restartPolicy when restart rules are used"));
    }
  } else if (!POLICIES.includes(policy)) errors.push(notSupported(`${field}.restartPolicy`, policy, POLICIES));
  if (rules.length > RULES_MAX) errors.push(tooMany(`${field}.restartPolicyRules`, rules.length, RULES_MAX));
  return joined(
    errors,
    rules.flatMap((rule, index) => validateRule(rule, `${field}.restartPolicyRules[${index}]`)),
  );
}

function validateRule(rule: ContainerRestartRule, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!ACTIONS.includes(rule.action)) errors.push(notSupported(`${field}.action`, rule.action ?? "", ACTIONS));
  const { exitCodes } = rule;
  if (exitCodes === undefined) return [...errors, required(`${field}.exitCodes`, "must be specified")];
  if (!OPERATORS.includes(exitCodes.operator)) {
    errors.push(notSupported(`${field}.exitCodes.operator`, exitCodes.operator ?? "", OPERATORS));
  }
  const count = exitCodes.values?.length ?? 0;
  if (count > EXIT_CODES_MAX) errors.push(tooMany(`${field}.exitCodes.values`, count, EXIT_CODES_MAX));
  return errors;
}

/** What is wrong with what a change of resources does to a container. Upstream names no index but for what comes twice. */
export function validateResizePolicy(
  container: Pick<Container, "resizePolicy">,
  field: string,
  podRestartPolicy: string | undefined,
): FieldError[] {
  const seen = new Set<string>();
  return (container.resizePolicy ?? []).flatMap(({ resourceName, restartPolicy }, index) => {
    const errors: FieldError[] = [];
    if (seen.has(resourceName)) errors.push(duplicate(`${field}[${index}]`, resourceName));
    seen.add(resourceName);
    if (!resourceName) errors.push(required(field));
    else if (!RESIZED.includes(resourceName)) errors.push(notSupported(field, resourceName, RESIZED));
    if (!restartPolicy) errors.push(required(field));
    else if (!RESIZE_POLICIES.includes(restartPolicy)) {
      errors.push(notSupported(field, restartPolicy, RESIZE_POLICIES));
    }
    if (podRestartPolicy === "Never" && restartPolicy !== "NotRequired") {
      errors.push(invalid(field, restartPolicy ?? "", "must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
    }
    return errors;
  });
}

/** Whether an init container that runs only once is to be restarted when it is resized: what was there may stay. */
export function restartsOnResize(containers: readonly Container[] | undefined): boolean {
  return (containers ?? []).some((container) => container.restartPolicy !== "Always" && restarts(container));
}

/** What is wrong with the resize policy of an init container that is no sidecar: it is never started again. */
export function validateOneTimeResize(container: Container, field: string): FieldError[] {
  const message = "must not be set to 'RestartContainer' for non-sidecar initContainers";
  return (container.resizePolicy ?? []).flatMap(({ restartPolicy }, index) =>
    restartPolicy === "RestartContainer"
      ? [invalid(`${field}.resizePolicy[${index}].restartPolicy`, restartPolicy, message)]
      : [],
  );
}

const restarts = ({ resizePolicy }: Container): boolean =>
  (resizePolicy ?? []).some(({ restartPolicy }) => restartPolicy === "RestartContainer");
