import type { ParamKind, ParamRef } from "../../../api/generated/admissionregistration.k8s.io/v1.ts";
import type { ApiObject, ResourceReference } from "../../../api/meta.ts";
import type { ObjectReader } from "../../reader.ts";
import { type CompiledMatch, compileMatch, type MatchResourcesLike } from "../matching/match-resources.ts";

/** What policies of both kinds have, as far as finding them goes. */
export interface PolicyObject extends ApiObject {
  spec?: {
    readonly paramKind?: ParamKind;
    readonly failurePolicy?: string;
    readonly matchConstraints?: MatchResourcesLike;
  };
}

export interface BindingObject extends ApiObject {
  spec?: {
    readonly policyName?: string;
    readonly paramRef?: ParamRef;
    readonly matchResources?: MatchResourcesLike;
    readonly validationActions?: readonly string[];
  };
}

export interface Binding {
  readonly name: string;
  readonly match: CompiledMatch;
  readonly paramRef: ParamRef | undefined;
  readonly validationActions: readonly string[];
}

/** A policy that is bound, ready to be matched. */
export interface Policy<Compiled> {
  readonly name: string;
  readonly failurePolicy: string;
  readonly paramKind: ParamKind | undefined;
  readonly match: CompiledMatch;
  readonly bindings: readonly Binding[];
  /** Its expressions, compiled when they are first needed and once for each version of the policy. */
  readonly compiled: () => Promise<Compiled>;
}

/** The policies that have bindings, in the order of their names: at once, but for the first time. */
export type PolicySource<Compiled> = () => readonly Policy<Compiled>[] | Promise<readonly Policy<Compiled>[]>;

/** Does something with the policies that there are. Mostly there are none, and so nothing to wait for. */
export function withPolicies<Compiled>(
  source: PolicySource<Compiled>,
  work: (policies: readonly Policy<Compiled>[]) => Promise<void>,
): Promise<void> | undefined {
  const ifAny = (policies: readonly Policy<Compiled>[]) => (policies.length === 0 ? undefined : work(policies));
  const policies = source();
  return policies instanceof Promise ? policies.then(ifAny) : ifAny(policies);
}

type Known<Compiled> = Omit<Policy<Compiled>, "bindings">;

/** Follows policies and bindings from the first question on. */
export function policySource<T extends PolicyObject, Compiled>(
  reader: ObjectReader,
  of: { policies: ResourceReference<T>; bindings: ResourceReference<BindingObject> },
  compile: (policy: T) => Promise<Compiled>,
): PolicySource<Compiled> {
  const policies = new Map<string, Known<Compiled>>();
  const bindings = new Map<string, Binding & { readonly policyName: string }>();
  let ordered: readonly Policy<Compiled>[] | undefined;
  let following: Promise<unknown> | undefined;
  let isComplete = false;
  const followPolicies = () =>
    reader.follow(of.policies, ({ before, after }) => {
      ordered = undefined;
      const name = (after ?? before)?.metadata?.name ?? "";
      if (after === undefined) policies.delete(name);
      else policies.set(name, policyOf(name, after, compile));
    });
  const followBindings = () =>
    reader.follow(of.bindings, ({ before, after }) => {
      ordered = undefined;
      const name = (after ?? before)?.metadata?.name ?? "";
      if (after === undefined) bindings.delete(name);
      else bindings.set(name, bindingOf(name, after));
    });
  const inOrder = (): readonly Policy<Compiled>[] => {
    isComplete = true;
    ordered ??= bound(policies, [...bindings.values()]);
    return ordered;
  };
  return () => {
    if (isComplete) return inOrder();
    following ??= Promise.all([followPolicies(), followBindings()]).catch((error: unknown) => {
      following = undefined;
      throw error;
    });
    return following.then(inOrder);
  };
}

function bound<Compiled>(
  policies: ReadonlyMap<string, Known<Compiled>>,
  bindings: readonly (Binding & { readonly policyName: string })[],
): Policy<Compiled>[] {
  const byPolicy = Map.groupBy(bindings, ({ policyName }) => policyName);
  return [...byPolicy.keys()].sort().flatMap((name) => {
    const policy = policies.get(name);
    const own = (byPolicy.get(name) ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return policy === undefined ? [] : [{ ...policy, bindings: own }];
  });
}

function policyOf<T extends PolicyObject, Compiled>(
  name: string,
  policy: T,
  compile: (policy: T) => Promise<Compiled>,
): Known<Compiled> {
  let compiled: Promise<Compiled> | undefined;
  return {
    name,
    failurePolicy: policy.spec?.failurePolicy ?? "Fail",
    paramKind: policy.spec?.paramKind,
    match: compileMatch(policy.spec?.matchConstraints),
    compiled: () => (compiled ??= compile(policy)),
  };
}

function bindingOf(name: string, binding: BindingObject): Binding & { readonly policyName: string } {
  const { policyName = "", paramRef, matchResources, validationActions = [] } = binding.spec ?? {};
  return { name, policyName, paramRef, match: compileMatch(matchResources), validationActions };
}
