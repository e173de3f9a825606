import type { CompiledVariable } from "../../../api/admissionregistration/policy-variables.ts";
import { CelEvaluationError } from "../../../api/cel/cel.ts";
import { messagePathError } from "../../../api/cel/message-paths.ts";
import type { AnyObject, ApiObject } from "../../../api/meta.ts";
import { applyJsonPatch, FailedTestError } from "../../../api/patch/json-patch.ts";
import { isJsonObject, type JsonObject } from "../../../api/patch/json-value.ts";
import type { Schema } from "../../../api/schema.ts";
import { StatusError } from "../../../api/status.ts";
import { MutationError, mergeApplyConfiguration } from "./apply-configuration.ts";
import type { CompiledMutation } from "./compiled-policy.ts";
import { createEvaluation, OutOfBudgetError } from "./evaluation.ts";

interface Mutation {
  readonly mutation: CompiledMutation;
  readonly variables: readonly CompiledVariable[];
  readonly values: Readonly<Record<string, unknown>>;
  readonly nowMs: number;
}

/** What a mutation says to do, before it is done; pure, and safe to run again. @throws MutationError */
export function evaluateMutation({ mutation, variables, values, nowMs }: Mutation): unknown {
  try {
    const { native, value } = createEvaluation(values, variables, nowMs).run(mutation.program);
    const wrong = mutation.patchType === "JSONPatch" ? undefined : messagePathError(native);
    if (wrong !== undefined) throw new MutationError(`type mismatch: ${wrong}`);
    return value;
  } catch (error) {
    if (error instanceof CelEvaluationError || error instanceof OutOfBudgetError)
      throw new MutationError(error.message);
    throw error;
  }
}

/** The object as the mutation makes it; the same one when a JSON patch's test fails. @throws MutationError */
export function applyMutation(
  object: ApiObject,
  { mutation, value }: { readonly mutation: CompiledMutation; readonly value: unknown },
  of: { readonly schema: Schema; readonly definition: string | undefined },
): ApiObject {
  const before = object as AnyObject as JsonObject;
  if (mutation.patchType !== "JSONPatch") {
    if (!isJsonObject(value)) throw new MutationError("unsupported return type from ApplyConfiguration expression");
    return mergeApplyConfiguration(before, value, of) as ApiObject;
  }
  try {
    return applyJsonPatch(before, value) as ApiObject;
  } catch (error) {
    if (error instanceof FailedTestError) return object;
    if (!(error instanceof StatusError)) throw error;
    throw new MutationError(`JSONPath: ${error.message}`);
  }
}
