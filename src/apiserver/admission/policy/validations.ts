import { CelEvaluationError } from "../../../api/cel/cel.ts";
import { type ConditionsResult, matchConditions } from "../matching/match-conditions.ts";
import type { CompiledValidating, CompiledValidation } from "./compiled-policy.ts";
import { createEvaluation, type Evaluation, OutOfBudgetError } from "./evaluation.ts";

const LONGEST_MESSAGE_BYTES = 5 * 1024;

/** What one validation says of a request. */
export interface Decision {
  readonly isDenied: boolean;
  readonly message: string;
  readonly reason: string;
}

/** Text for the audit event, or why there is none that should be. */
export type AuditResult =
  | { readonly key: string; readonly value: string }
  | { readonly key: string; readonly error: string };

export interface ValidationResult {
  readonly decisions: readonly Decision[];
  readonly audit: readonly AuditResult[];
}

const ADMITTED: Decision = { isDenied: false, message: "", reason: "" };

/** All validations and audit annotations of a policy on one request; pure, and safe to run again. */
export function evaluateValidations(
  policy: CompiledValidating,
  values: Readonly<Record<string, unknown>>,
  options: { failurePolicy: string; nowMs: number },
): ValidationResult {
  const { failurePolicy, nowMs } = options;
  const failed = (message: string): Decision =>
    failurePolicy === "Ignore" ? ADMITTED : { isDenied: true, message, reason: "" };
  const conditions: ConditionsResult = matchConditions(policy.conditions, values, { failurePolicy, nowMs });
  if (conditions.error !== undefined) return { decisions: [failed(conditions.error)], audit: [] };
  if (!conditions.matches) return { decisions: [], audit: [] };
  try {
    const evaluation = createEvaluation(values, policy.variables, nowMs);
    const decisions = policy.validations.map((validation) => decide(validation, evaluation, failed));
    const audit = policy.auditAnnotations.flatMap((annotation) => annotate(annotation, evaluation, failurePolicy));
    return { decisions, audit };
  } catch (error) {
    if (error instanceof OutOfBudgetError) return { decisions: [failed(error.message)], audit: [] };
    throw error;
  }
}

function decide(
  validation: CompiledValidation,
  evaluation: Evaluation,
  failed: (message: string) => Decision,
): Decision {
  try {
    if (evaluation.run(validation.program).native === true) return ADMITTED;
  } catch (error) {
    if (error instanceof CelEvaluationError) return failed(error.message);
    throw error;
  }
  return { isDenied: true, message: messageOf(validation, evaluation), reason: validation.reason || "Invalid" };
}

/** What messageExpression gives if that is one short line, else the message, else the expression. */
function messageOf({ program, message, messageProgram }: CompiledValidation, evaluation: Evaluation): string {
  const told = messageProgram === undefined ? "" : evaluatedMessage(messageProgram, evaluation);
  return told || message?.trim() || `failed expression: ${program.expression.trim()}`;
}

function evaluatedMessage(program: NonNullable<CompiledValidation["messageProgram"]>, evaluation: Evaluation): string {
  try {
    const { native } = evaluation.run(program);
    const text = typeof native === "string" ? native.trim() : "";
    return Buffer.byteLength(text) > LONGEST_MESSAGE_BYTES || text.includes("\n") ? "" : text;
  } catch (error) {
    if (error instanceof CelEvaluationError) return "";
    throw error;
  }
}

function annotate(
  { key, program }: CompiledValidating["auditAnnotations"][number],
  evaluation: Evaluation,
  failurePolicy: string,
): AuditResult[] {
  try {
    const { native } = evaluation.run(program);
    const value = typeof native === "string" ? native.trim() : "";
    return value === "" ? [] : [{ key, value }];
  } catch (error) {
    if (!(error instanceof CelEvaluationError)) throw error;
    return failurePolicy === "Ignore" ? [] : [{ key, error: error.message }];
  }
}
