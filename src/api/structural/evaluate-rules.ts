import { CelEvaluationError, type CelProgram } from "../cel/cel.ts";
import { duplicate, type FieldError, forbiddenField, invalid, required } from "../field-error.ts";
import type { ValidationRule } from "../generated/apiextensions.k8s.io/v1.ts";
import type { RuleProgram } from "./rule-programs.ts";

/** Cost units that one expression may use. */
export const PER_CALL_LIMIT = 1_000_000;
const MESSAGE_BYTES_MAX = 5 * 1024;
const OUT_OF_BUDGET = "validation failed due to running out of cost budget, no further validation rules will be run";
const NO_TYPE = "rule compiler initialization error: failed to convert to declType for CEL validation rules";

/** What is left for the rules of one object; negative once it is used up. */
export interface Budget {
  remaining: number;
}

export interface Evaluated {
  readonly value: unknown;
  readonly old: unknown;
  readonly path: string;
  correlation(): boolean;
}

/** Evaluates the rules that stand at one place, and adds what they find. Texts are upstream's. */
export function evaluateRules(
  of: { readonly type: string; readonly programs: readonly RuleProgram[]; readonly isUntyped: boolean },
  node: Evaluated,
  walk: {
    readonly findings: { readonly errors: FieldError[]; readonly warnings: FieldError[] };
    readonly budget: Budget;
  },
): void {
  const { findings, budget } = walk;
  const field = node.path === "" ? "<nil>" : node.path;
  if (of.isUntyped) findings.errors.push(invalid(field, of.type, NO_TYPE));
  for (const compiled of of.programs) {
    if (budget.remaining <= 0) {
      findings.errors.push(invalid(field, of.type, OUT_OF_BUDGET));
      budget.remaining = -1;
      return;
    }
    const { rule } = compiled;
    if (compiled.error !== undefined) {
      findings.errors.push(invalid(field, of.type, `rule compile error: ${compiled.error}`));
      continue;
    }
    const hasOld = node.old !== undefined && node.old !== null;
    if (compiled.program === undefined) continue;
    if (compiled.usesOldSelf && !hasOld && rule.optionalOldSelf !== true) continue;
    const variables = { self: node.value, oldSelf: hasOld ? node.old : undefined };
    const outcome = run(compiled.program, variables, budget);
    if ("failure" in outcome) {
      findings.errors.push(invalid(field, of.type, failureText(outcome.failure, rule)));
      if (budget.remaining < 0) return;
      continue;
    }
    if (outcome.value === true) continue;
    const error = ruleError(compiled, { node, type: of.type, variables, budget });
    const passes = !compiled.usesOldSelf && node.correlation();
    (passes ? findings.warnings : findings.errors).push(error);
    if (budget.remaining < 0) return;
  }
}

type Outcome = { readonly value: unknown } | { readonly failure: Failure };
type Failure = { readonly kind: "budget" | "limit" } | { readonly kind: "evaluation"; readonly message: string };

function run(program: CelProgram, variables: Readonly<Record<string, unknown>>, budget: Budget): Outcome {
  const limit = Math.min(PER_CALL_LIMIT, budget.remaining);
  try {
    const { value, cost } = program.evaluate(variables, { cost: limit });
    budget.remaining -= cost;
    return { value };
  } catch (error) {
    if (!(error instanceof CelEvaluationError)) throw error;
    if (!error.isCostExceeded) {
      budget.remaining -= error.cost;
      return { failure: { kind: "evaluation", message: error.message } };
    }
    const kind = limit < PER_CALL_LIMIT ? "budget" : "limit";
    budget.remaining = -1;
    return { failure: { kind } };
  }
}

function failureText(failure: Failure, rule: ValidationRule): string {
  switch (failure.kind) {
    case "budget":
      return OUT_OF_BUDGET;
    case "limit":
      return `'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${ruleText(rule)}`;
    case "evaluation":
      return failure.message.startsWith("no such overload")
        ? `'${failure.message}': call arguments did not match a supported operator, function or macro signature for rule: ${ruleText(rule)}`
        : `${failure.message} evaluating rule: ${ruleText(rule)}`;
  }
}

const ruleText = (rule: ValidationRule): string => (rule.message || rule.rule).trim();

interface Failed {
  readonly node: Evaluated;
  readonly type: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly budget: Budget;
}

function ruleError(compiled: RuleProgram, failed: Failed): FieldError {
  const { rule } = compiled;
  const { path } = failed.node;
  const inner = compiled.fieldPath ?? "";
  const field = inner === "" ? path || "<nil>" : path === "" ? inner : `${path}.${inner}`;
  const said = compiled.message === undefined ? undefined : spoken(compiled.message, compiled, failed);
  if (said !== undefined && "fatal" in said) return invalid(field, failed.type, said.fatal);
  const detail = said?.text ?? (rule.message ? rule.message.trim() : `failed rule: ${ruleText(rule)}`);
  return errorFor(rule, field, { value: failed.node.value, type: failed.type, detail });
}

/** What a messageExpression says; undefined when that is no message, and the rule's own takes its place. */
function spoken(
  program: CelProgram,
  { rule }: RuleProgram,
  { variables, budget }: Failed,
): { readonly text: string } | { readonly fatal: string } | undefined {
  const outcome = run(program, variables, budget);
  if ("failure" in outcome) {
    if (outcome.failure.kind === "evaluation") return undefined;
    return {
      fatal:
        outcome.failure.kind === "budget"
          ? "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run"
          : `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(rule.messageExpression)}`,
    };
  }
  if (typeof outcome.value !== "string") return undefined;
  const text = outcome.value.trim();
  return text === "" || text.includes("\n") || Buffer.byteLength(text) > MESSAGE_BYTES_MAX ? undefined : { text };
}

function errorFor(
  rule: ValidationRule,
  field: string,
  { value, type, detail }: { value: unknown; type: string; detail: string },
): FieldError {
  // Objects and lists may be long: they are not shown.
  const isOmitted = type === "object" || type === "array";
  switch (rule.reason) {
    case "FieldValueForbidden":
      return forbiddenField(field, detail);
    case "FieldValueRequired":
      return required(field, detail);
    case "FieldValueDuplicate":
      return isOmitted ? { reason: "FieldValueDuplicate", field, message: "Duplicate value" } : duplicate(field, value);
    default:
      return isOmitted
        ? { reason: "FieldValueInvalid", field, message: `Invalid value: ${detail}` }
        : invalid(field, value, detail);
  }
}
