import { loadCel } from "../../../api/cel/load-cel.ts";
import { mutatingAdmissionPolicies, mutatingAdmissionPolicyBindings } from "../../../api/generated/resources.ts";
import { equalJson } from "../../../api/patch/json-value.ts";
import { internalError, type StatusError, failure as statusFailure } from "../../../api/status.ts";
import { type AdmissionAttributes, type AdmissionDependencies, type AdmissionPlugin, ofObject } from "../admission.ts";
import { type RequestAuthorizer, requestAuthorizer } from "../matching/cel-authorizer.ts";
import { isExemptFromPolicies } from "../matching/exempt.ts";
import { matchConditions } from "../matching/match-conditions.ts";
import { objectsAt, takeMutated } from "../matching/versioned-objects.ts";
import { refuse } from "../refuse.ts";
import { reinvocationOf } from "../webhook/reinvocation.ts";
import { MutationError } from "./apply-configuration.ts";
import { type CompiledMutating, type CompiledMutation, compileMutating } from "./compiled-policy.ts";
import { findInvocations, type Invocation, type PolicyFailure } from "./invocations.ts";
import { applyMutation, evaluateMutation } from "./mutations.ts";
import { type Policy, policySource, withPolicies } from "./policy-source.ts";
import { namespaceObject, policyValues } from "./policy-values.ts";

const NAME = "MutatingAdmissionPolicy";

interface Compiled extends CompiledMutating {
  readonly reinvocationPolicy: string;
}

/** Changes what is written by the expressions of MutatingAdmissionPolicies, as their bindings say. */
export function mutatingAdmissionPolicy(dependencies: AdmissionDependencies): AdmissionPlugin {
  const of = { policies: mutatingAdmissionPolicies, bindings: mutatingAdmissionPolicyBindings };
  const source = policySource(dependencies.reader, of, async ({ spec }): Promise<Compiled> => {
    const reinvocationPolicy = spec?.reinvocationPolicy ?? "Never";
    return { ...compileMutating(await loadCel(), spec ?? {}), reinvocationPolicy };
  });
  return {
    name: NAME,
    handles: (attributes) => !isExemptFromPolicies(attributes),
    admit: (attributes) => withPolicies(source, (policies) => applyPolicies(policies, attributes, dependencies)),
  };
}

async function applyPolicies(
  policies: readonly Policy<Compiled>[],
  attributes: AdmissionAttributes,
  dependencies: AdmissionDependencies,
): Promise<void> {
  const { invocations, failures } = await findInvocations(policies, attributes, dependencies);
  if (invocations.length > 0) failures.push(...(await mutateAll(invocations, attributes, dependencies)));
  const serious = failures.filter(({ policy }) => policy.failurePolicy !== "Ignore");
  if (serious.length > 0) throw denied(serious, attributes);
}

interface Round {
  readonly attributes: AdmissionAttributes;
  readonly dependencies: AdmissionDependencies;
  readonly authorizer: RequestAuthorizer;
  readonly namespace: unknown;
}

async function mutateAll(
  invocations: readonly Invocation<Compiled>[],
  attributes: AdmissionAttributes,
  dependencies: AdmissionDependencies,
): Promise<PolicyFailure[]> {
  const reinvocation = reinvocationOf(attributes, NAME);
  reinvocation.begin();
  const authorizer = requestAuthorizer(attributes, dependencies.authorizer);
  const namespace = await namespaceObject(attributes, dependencies.reader);
  const round: Round = { attributes, dependencies, authorizer, namespace };
  const failures: PolicyFailure[] = [];
  for (const invocation of invocations) {
    const { reinvocationPolicy } = invocation.compiled;
    const key = keyOf(invocation);
    const conditions = await meetsConditions(invocation, round);
    if (conditions.error !== undefined) failures.push(failed(invocation, conditions.error));
    if (!conditions.matches || !reinvocation.isDue({ key })) continue;
    let isChanged = false;
    for (const mutation of invocation.compiled.mutations) {
      try {
        isChanged = (await mutateOnce(invocation, mutation, round)) || isChanged;
      } catch (error) {
        if (!(error instanceof MutationError)) throw error;
        failures.push(failed(invocation, error.message));
      }
    }
    if (isChanged) reinvocation.noteChange();
    reinvocation.noteCall({ key, reinvocationPolicy });
  }
  reinvocation.end();
  return failures;
}

function failed({ policy, binding }: Invocation<Compiled>, message: string): PolicyFailure {
  return { policy, binding, message, reason: "Invalid" };
}

function keyOf({ policy, binding, param }: Invocation<Compiled>): string {
  const { namespace = "", name = "" } = param?.metadata ?? {};
  return [policy.name, binding.name, namespace, name].join("/");
}

async function valuesOf({ match, param }: Invocation<Compiled>, round: Round): Promise<Record<string, unknown>> {
  const objects = await objectsAt(match, round.attributes, round.dependencies.versions);
  return policyValues(round.attributes, {
    match,
    objects,
    param,
    authorizer: round.authorizer,
    namespace: round.namespace,
  });
}

async function meetsConditions(invocation: Invocation<Compiled>, round: Round) {
  const { conditions } = invocation.compiled;
  if (conditions.length === 0) return { matches: true };
  const values = await valuesOf(invocation, round);
  const options = { failurePolicy: invocation.policy.failurePolicy, nowMs: round.dependencies.clock.now() };
  return round.authorizer.evaluate(() => matchConditions(conditions, values, options));
}

/** True when the object is another one then. @throws MutationError, StatusError */
async function mutateOnce(
  invocation: Invocation<Compiled>,
  mutation: CompiledMutation,
  round: Round,
): Promise<boolean> {
  const { attributes, dependencies, authorizer } = round;
  const { match, compiled } = invocation;
  const { versions, clock } = dependencies;
  const { object } = attributes;
  if (object === undefined) return false;
  const values = await valuesOf(invocation, round);
  const { variables } = compiled;
  const value = await authorizer.evaluate(() => evaluateMutation({ mutation, variables, values, nowMs: clock.now() }));
  const shown = await objectsAt(match, attributes, versions);
  const definition = versions.definitionOf(match.resource);
  if (definition === undefined)
    throw internalError(
      `${match.resource.resource} of ${match.resource.group}/${match.resource.version} is not served`,
    );
  const before = shown.object ?? object;
  const after = applyMutation(before, { mutation, value }, ofKind(definition, attributes, match.kind));
  if (equalJson(before, after)) return false;
  await takeMutated(after, match, { attributes: ofObject(attributes, { object }), versions });
  return true;
}

/** A subresource's own kind (Scale …) has its own definition. */
function ofKind(
  of: NonNullable<ReturnType<AdmissionDependencies["versions"]["definitionOf"]>>,
  { subresource }: AdmissionAttributes,
  kind: { readonly group: string; readonly version: string; readonly kind: string },
): { schema: typeof of.schema; definition: string | undefined } {
  if (subresource === "") return of;
  const isSame = (each: typeof kind) =>
    each.group === kind.group && each.version === kind.version && each.kind === kind.kind;
  const found = Object.entries(of.schema.definitions).find(([, { kinds = [] }]) => kinds.some(isSame));
  return { schema: of.schema, definition: found?.[0] };
}

function denied(failures: readonly PolicyFailure[], attributes: AdmissionAttributes): StatusError {
  const messages = failures.map(({ policy, binding, message }) =>
    binding === undefined
      ? `policy ${JSON.stringify(policy.name)} denied request: ${message}`
      : `policy '${policy.name}' with binding '${binding.name}' denied request: ${message}`,
  );
  const { status } = refuse(attributes, "");
  const reason = failures[0]?.reason ?? "Forbidden";
  const causes = messages.map((message) => ({ message }));
  return statusFailure(403, reason, messages[0] ?? "", { ...status.details, causes });
}
