import type { CompiledVariable } from "../../../api/admissionregistration/policy-variables.ts";
import type { CelProgram, CelResult } from "../../../api/cel/cel.ts";
import { CelEvaluationError } from "../../../api/cel/cel.ts";

/** Upstream's RuntimeCELCostBudget: for all expressions of a policy on one request. */
export const COST_BUDGET = 10_000_000;
const PER_CALL_LIMIT = 1_000_000;

/** The expressions of a policy have used up what they may cost together. */
export class OutOfBudgetError extends Error {
  override name = "OutOfBudgetError";
  constructor() {
    super("validation failed due to running out of cost budget, no further validation rules will be run");
  }
}

/** Evaluates the expressions of one policy on one request, and its variables at most once. */
export interface Evaluation {
  /** @throws CelEvaluationError with the expression's text, OutOfBudgetError */
  run(program: CelProgram): CelResult;
}

export function createEvaluation(
  values: Readonly<Record<string, unknown>>,
  variables: readonly CompiledVariable[],
  nowMs: number,
): Evaluation {
  let budget = COST_BUDGET;
  const spend = (cost: number): void => {
    budget -= cost;
    if (budget < 0) throw new OutOfBudgetError();
  };
  const own = {};
  const all = { ...values, variables: own };
  for (const { name, program } of variables)
    defineLazy(own, name, () => {
      try {
        const { native, cost } = program.evaluate(all, { cost: PER_CALL_LIMIT, nowMs });
        spend(cost);
        return native;
      } catch (error) {
        if (!(error instanceof CelEvaluationError)) throw error;
        throw new CelEvaluationError(
          `composited variable ${JSON.stringify(name)} fails to evaluate: ${error.message}`,
          error,
        );
      }
    });
  return {
    run(program) {
      try {
        const result = program.evaluate(all, { cost: PER_CALL_LIMIT, nowMs });
        spend(result.cost);
        return result;
      } catch (error) {
        if (!(error instanceof CelEvaluationError)) throw error;
        throw new CelEvaluationError(`expression '${program.expression}' resulted in error: ${error.message}`, error);
      }
    },
  };
}

/** A property that is computed when it is first read, whatever comes of it. */
function defineLazy(target: object, name: string, compute: () => unknown): void {
  let known: { value: unknown } | { error: unknown } | undefined;
  Object.defineProperty(target, name, {
    enumerable: true,
    get() {
      if (known === undefined) {
        try {
          known = { value: compute() };
        } catch (error) {
          known = { error };
        }
      }
      if ("error" in known) throw known.error;
      return known.value;
    },
  });
}
