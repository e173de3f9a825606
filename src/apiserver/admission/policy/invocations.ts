import type { ApiObject } from "../../../api/meta.ts";
import { StatusError } from "../../../api/status.ts";
import { errorMessage } from "../../../base/assert.ts";
import type { ObjectReader } from "../../reader.ts";
import type { AdmissionAttributes, AdmissionDependencies } from "../admission.ts";
import { matchResources } from "../matching/match-resources.ts";
import type { RuleMatch } from "../matching/rules.ts";
import { collectParams, ParamsError, paramResource } from "./params.ts";
import type { Binding, Policy } from "./policy-source.ts";

/** A policy as one of its bindings gives it one parameter, for a request that it is about. */
export interface Invocation<Compiled> {
  readonly policy: Policy<Compiled>;
  readonly binding: Binding;
  readonly compiled: Compiled;
  readonly match: RuleMatch;
  readonly param: ApiObject | undefined;
}

/** Why a policy could not be asked about a request that it is about. */
export interface PolicyFailure {
  readonly policy: Policy<unknown>;
  readonly binding: Binding | undefined;
  readonly message: string;
  readonly reason?: string;
}

interface Errors {
  readonly errors: readonly { readonly field: string; readonly message: string }[];
}

/** What is to be evaluated about a request, in order, and what cannot be. */
export async function findInvocations<Compiled extends Errors>(
  policies: readonly Policy<Compiled>[],
  attributes: AdmissionAttributes,
  dependencies: AdmissionDependencies,
): Promise<{ invocations: Invocation<Compiled>[]; failures: PolicyFailure[] }> {
  const invocations: Invocation<Compiled>[] = [];
  const failures: PolicyFailure[] = [];
  for (const policy of policies) {
    let current: Binding | undefined;
    try {
      const match = await matchResources(policy.match, attributes, dependencies);
      if (match === undefined) continue;
      const compiled = await policy.compiled();
      const [wrong] = compiled.errors;
      if (wrong !== undefined) throw new ParamsError(`${wrong.field}: ${wrong.message}`);
      const resource = paramResource(policy.paramKind, dependencies.versions);
      for (const binding of policy.bindings) {
        current = binding;
        if ((await matchResources(binding.match, attributes, dependencies)) === undefined) continue;
        const of = { resource, paramRef: binding.paramRef, namespace: attributes.namespace };
        const params = await tryParams(of, dependencies.reader);
        if (typeof params === "string")
          failures.push({ policy, binding, message: `failed to configure binding: ${params}` });
        else invocations.push(...params.map((param) => ({ policy, binding, compiled, match, param })));
      }
    } catch (error) {
      if (!(error instanceof StatusError || error instanceof ParamsError)) throw error;
      const what = current === undefined ? "policy" : "binding";
      failures.push({ policy, binding: current, message: `failed to configure ${what}: ${errorMessage(error)}` });
    }
  }
  return { invocations, failures };
}

async function tryParams(
  of: Parameters<typeof collectParams>[0],
  reader: ObjectReader,
): Promise<(ApiObject | undefined)[] | string> {
  try {
    return await collectParams(of, reader);
  } catch (error) {
    if (error instanceof ParamsError) return error.message;
    throw error;
  }
}
