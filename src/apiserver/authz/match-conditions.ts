import { type Cel, CelCompileError, CelEvaluationError, type CelProgram, type CelType } from "../../api/cel/cel.ts";
import { duplicate, type FieldError, invalid, required, tooMany } from "../../api/field-error.ts";
import { errorMessage } from "../../base/assert.ts";
import type { AuthorizationAttributes } from "./authorizer.ts";
import { conditionRequest } from "./subject-access-review.ts";

const text: CelType = { kind: "string" };
const texts: CelType = { kind: "list", element: text };
const requirement: CelType = {
  kind: "object",
  name: "kubernetes.SelectorRequirement",
  fields: { key: text, operator: text, values: texts },
};
const selector: CelType = {
  kind: "object",
  name: "kubernetes.SelectorAttributes",
  fields: { rawSelector: text, requirements: { kind: "list", element: requirement } },
};

const REQUEST: CelType = {
  kind: "object",
  name: "kubernetes.SubjectAccessReviewSpec",
  fields: {
    resourceAttributes: {
      kind: "object",
      name: "kubernetes.ResourceAttributes",
      plainNames: true,
      fields: {
        namespace: text,
        verb: text,
        group: text,
        version: text,
        resource: text,
        subresource: text,
        name: text,
        fieldSelector: selector,
        labelSelector: selector,
      },
    },
    nonResourceAttributes: {
      kind: "object",
      name: "kubernetes.NonResourceAttributes",
      fields: { path: text, verb: text },
    },
    user: text,
    groups: texts,
    extra: { kind: "map", value: texts },
    uid: text,
  },
};

const MAX_CONDITIONS = 64;

/** Which requests a webhook is asked about at all. */
export interface MatchConditions {
  /** @throws MatchConditionError when one cannot be evaluated and none says no */
  match(attributes: AuthorizationAttributes): boolean;
}

export class MatchConditionError extends Error {
  override name = "MatchConditionError";
}

/** @throws nothing: what is wrong is in `errors` */
export function compileMatchConditions(
  conditions: readonly { readonly expression?: string }[],
  cel: Cel | undefined,
  path: string,
): { conditions: MatchConditions; errors: FieldError[] } {
  if (conditions.length > MAX_CONDITIONS) {
    return { conditions: always, errors: [tooMany(`${path}.matchConditions`, conditions.length, MAX_CONDITIONS)] };
  }
  const errors: FieldError[] = [];
  const programs: CelProgram[] = [];
  const seen = new Set<string>();
  for (const [index, { expression = "" }] of conditions.entries()) {
    const at = `${path}.matchConditions[${index}].expression`;
    if (expression.trim() === "") errors.push(required(at));
    else if (seen.has(expression)) errors.push(duplicate(at, expression));
    else if (cel !== undefined) {
      try {
        programs.push(cel.compile(expression, { variables: { request: REQUEST }, result: { kind: "boolean" } }));
      } catch (error) {
        if (!(error instanceof CelCompileError)) throw error;
        errors.push(invalid(at, expression, error.message));
      }
    }
    seen.add(expression);
  }
  return { conditions: programs.length === 0 ? always : conditionsOf(programs), errors };
}

const always: MatchConditions = { match: () => true };

/** One that says no is enough, whatever the others say or fail to say. */
function conditionsOf(programs: readonly CelProgram[]): MatchConditions {
  return {
    match(attributes) {
      const variables = { request: conditionRequest(attributes) };
      const problems: string[] = [];
      for (const program of programs) {
        try {
          if (program.evaluate(variables).value !== true) return false;
        } catch (error) {
          if (!(error instanceof CelEvaluationError)) throw error;
          problems.push(
            `cel evaluation error: expression '${program.expression}' resulted in error: ${errorMessage(error)}`,
          );
        }
      }
      if (problems.length > 0) throw new MatchConditionError(problems.join(", "));
      return true;
    },
  };
}
