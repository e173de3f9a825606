import { requestType } from "../../../api/admissionregistration/policy-variables.ts";
import { type Cel, CelEvaluationError, type CelProgram, type CelType } from "../../../api/cel/cel.ts";
import { aggregate } from "../../../api/go-text.ts";
import type { AdmissionAttributes } from "../admission.ts";
import { admissionRequest } from "./admission-request.ts";
import type { RequestAuthorizer } from "./cel-authorizer.ts";
import type { RuleMatch } from "./rules.ts";
import type { VersionedObjects } from "./versioned-objects.ts";

export interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

export interface CompiledCondition {
  readonly name: string;
  readonly program: CelProgram;
}

/** What expressions of webhooks' match conditions may name. */
const conditionVariables: Readonly<Record<string, CelType>> = {
  object: { kind: "dynamic" },
  oldObject: { kind: "dynamic" },
  request: requestType,
  authorizer: { kind: "authorizer" },
  "authorizer.requestResource": { kind: "authorizerResource" },
};

/** Upstream's RuntimeCELCostBudgetMatchConditions: for all conditions of a webhook or policy together. */
const COST_BUDGET = 2_500_000;
const BUDGET_GONE = "validation failed due to running out of cost budget, no further validation rules will be run";

/** @throws CelCompileError */
export function compileMatchConditions(
  cel: Cel,
  conditions: readonly MatchCondition[] | undefined,
  variables: Readonly<Record<string, CelType>> = conditionVariables,
): CompiledCondition[] {
  return (conditions ?? []).map(({ name, expression }) => ({
    name,
    program: cel.compile(expression, { variables, result: { kind: "boolean" } }),
  }));
}

/** Values of `conditionVariables`, for match conditions and whatever else sees a request. */
export function conditionValues(
  attributes: AdmissionAttributes,
  of: { match: RuleMatch; objects: VersionedObjects; authorizer: RequestAuthorizer },
): Record<string, unknown> {
  return {
    object: of.objects.object ?? null,
    oldObject: of.objects.oldObject ?? null,
    request: admissionRequest(attributes, of.match),
    authorizer: of.authorizer.authorizer,
    "authorizer.requestResource": of.authorizer.requestResource,
  };
}

/** What the conditions say together; `error` when that cannot be known. */
export interface ConditionsResult {
  readonly matches: boolean;
  /** The condition that is false. */
  readonly failed?: string;
  readonly error?: string;
}

/**
 * All conditions must hold; one that is false decides, whatever errors others have. An error otherwise means "no match"
 * under the failure policy Ignore and is told under Fail (upstream: matchconditions.Match).
 */
export function matchConditions(
  conditions: readonly CompiledCondition[],
  values: Readonly<Record<string, unknown>>,
  options: { failurePolicy: string | undefined; nowMs: number },
): ConditionsResult {
  const errors: string[] = [];
  let budget = COST_BUDGET;
  for (const { name, program } of conditions) {
    try {
      const { value, cost } = program.evaluate(values, { nowMs: options.nowMs });
      budget -= cost;
      if (value === false) return { matches: false, failed: name };
    } catch (error) {
      if (!(error instanceof CelEvaluationError)) throw error;
      errors.push(`expression '${program.expression}' resulted in error: ${error.message}`);
    }
    if (budget < 0) {
      errors.push(BUDGET_GONE);
      break;
    }
  }
  if (errors.length === 0) return { matches: true };
  return options.failurePolicy === "Ignore" ? { matches: false } : { matches: false, error: aggregate(errors) };
}
