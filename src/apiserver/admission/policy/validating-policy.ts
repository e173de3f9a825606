import { loadCel } from "../../../api/cel/load-cel.ts";
import { validatingAdmissionPolicies, validatingAdmissionPolicyBindings } from "../../../api/generated/resources.ts";
import { failure, type StatusError } from "../../../api/status.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "../admission.ts";
import { requestAuthorizer } from "../matching/cel-authorizer.ts";
import { isExemptFromPolicies } from "../matching/exempt.ts";
import { objectsAt } from "../matching/versioned-objects.ts";
import { refuse } from "../refuse.ts";
import { type AuditCollector, auditCollector } from "./audit-annotations.ts";
import { type CompiledValidating, compileValidating } from "./compiled-policy.ts";
import { findInvocations, type Invocation } from "./invocations.ts";
import { type Binding, type Policy, policySource, withPolicies } from "./policy-source.ts";
import { namespaceObject, policyValues } from "./policy-values.ts";
import { type Decision, evaluateValidations, type ValidationResult } from "./validations.ts";

const FAILURE_KEY = "validation.policy.admission.k8s.io/validation_failure";
const CODES: Readonly<Record<string, number>> = {
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
  Invalid: 422,
};

interface Denial {
  readonly policy: Policy<unknown>;
  readonly binding: Binding | undefined;
  readonly message: string;
  readonly reason: string;
}

/** Judges writes by the expressions of ValidatingAdmissionPolicies, as their bindings say. */
export function validatingAdmissionPolicy(dependencies: AdmissionDependencies): AdmissionPlugin {
  const of = { policies: validatingAdmissionPolicies, bindings: validatingAdmissionPolicyBindings };
  const source = policySource(dependencies.reader, of, async ({ spec }) =>
    compileValidating(await loadCel(), spec ?? {}),
  );
  return {
    name: "ValidatingAdmissionPolicy",
    handles: (attributes) => !isExemptFromPolicies(attributes),
    validate: (attributes) => withPolicies(source, (policies) => askPolicies(policies, attributes, dependencies)),
  };
}

async function askPolicies(
  policies: readonly Policy<CompiledValidating>[],
  attributes: AdmissionAttributes,
  dependencies: AdmissionDependencies,
): Promise<void> {
  const { invocations, failures } = await findInvocations(policies, attributes, dependencies);
  const denials: Denial[] = failures
    .filter(({ policy }) => policy.failurePolicy !== "Ignore")
    .map(({ policy, binding, message }) => ({ policy, binding, message, reason: "" }));
  if (invocations.length > 0) denials.push(...(await judge(invocations, attributes, dependencies)));
  const [first] = denials;
  if (first !== undefined) throw denied(first, attributes);
}

async function judge(
  invocations: readonly Invocation<CompiledValidating>[],
  attributes: AdmissionAttributes,
  dependencies: AdmissionDependencies,
): Promise<Denial[]> {
  const namespace = await namespaceObject(attributes, dependencies.reader);
  const authorizer = requestAuthorizer(attributes, dependencies.authorizer);
  const nowMs = dependencies.clock.now();
  const collectors = new Map<string, AuditCollector>();
  const denials: Denial[] = [];
  for (const invocation of invocations) {
    const { policy, compiled, match, param } = invocation;
    const objects = await objectsAt(match, attributes, dependencies.versions);
    const values = policyValues(attributes, { match, objects, authorizer, namespace, param });
    const options = { failurePolicy: policy.failurePolicy, nowMs };
    const result = await authorizer.evaluate(() => evaluateValidations(compiled, values, options));
    const collector = collectors.get(policy.name) ?? auditCollector(policy.name, attributes);
    collectors.set(policy.name, collector);
    denials.push(...act(invocation, result, { attributes, collector }));
  }
  for (const collector of collectors.values()) collector.publish();
  return denials;
}

/** Warns and annotates as the binding says, and gives what denies the request. */
function act(
  { policy, binding }: Invocation<CompiledValidating>,
  result: ValidationResult,
  of: { attributes: AdmissionAttributes; collector: AuditCollector },
): Denial[] {
  const denials: Denial[] = [];
  for (const [index, decision] of result.decisions.entries()) {
    if (!decision.isDenied) continue;
    for (const action of binding.validationActions) {
      if (action === "Deny") denials.push({ policy, binding, message: decision.message, reason: decision.reason });
      else if (action === "Warn")
        of.attributes.warn(
          `Validation failed for ValidatingAdmissionPolicy '${policy.name}' with binding '${binding.name}': ${decision.message}`,
        );
      else if (action === "Audit")
        of.attributes.annotate(FAILURE_KEY, failureValue({ policy, binding, index, decision }));
    }
  }
  for (const annotation of result.audit) {
    if ("value" in annotation) of.collector.add(annotation.key, annotation.value);
    else denials.push({ policy, binding, message: annotation.error, reason: "" });
  }
  return denials;
}

function failureValue(of: { policy: Policy<unknown>; binding: Binding; index: number; decision: Decision }): string {
  const { policy, binding, index, decision } = of;
  return JSON.stringify([
    {
      message: decision.message,
      policy: policy.name,
      binding: binding.name,
      expressionIndex: index,
      validationActions: binding.validationActions,
    },
  ]);
}

function denied({ policy, binding, message, reason }: Denial, attributes: AdmissionAttributes): StatusError {
  const whose = binding === undefined ? "" : ` with binding '${binding.name}'`;
  const text = `ValidatingAdmissionPolicy '${policy.name}'${whose} denied request: ${message}`;
  const { status } = refuse(attributes, text);
  const known = reason || "Invalid";
  const details = { ...status.details, causes: [{ message: text }] };
  return failure(CODES[known] ?? 422, known, status.message ?? text, details);
}
