import type { LabelSelectorLike } from "../../../api/selectors.ts";
import type { ObjectReader } from "../../reader.ts";
import type { AdmissionAttributes } from "../admission.ts";
import type { ResourceVersions } from "./resource-versions.ts";
import { matchRules, type Rule, type RuleMatch } from "./rules.ts";
import { type CompiledSelectors, compileSelectors, matchesNamespace, matchesObject } from "./selectors.ts";

/** `MatchResources` of policies and bindings. */
export interface MatchResourcesLike {
  readonly namespaceSelector?: LabelSelectorLike | undefined;
  readonly objectSelector?: LabelSelectorLike | undefined;
  /** Absent or empty: every resource. */
  readonly resourceRules?: readonly Rule[] | undefined;
  readonly excludeResourceRules?: readonly Rule[] | undefined;
  readonly matchPolicy?: string | undefined;
}

export interface CompiledMatch {
  readonly of: MatchResourcesLike;
  readonly selectors: CompiledSelectors;
}

/** @throws SelectorError */
export function compileMatch(of: MatchResourcesLike | undefined): CompiledMatch {
  return { of: of ?? {}, selectors: compileSelectors(of ?? {}) };
}

/**
 * As what a request falls under a policy or binding; undefined when it does not. An unknown namespace is an error only
 * where everything else fits. @throws StatusError
 */
export async function matchResources(
  { of, selectors }: CompiledMatch,
  attributes: AdmissionAttributes,
  context: { reader: ObjectReader; versions: ResourceVersions },
): Promise<RuleMatch | undefined> {
  if (!matchesObject(selectors, attributes)) return undefined;
  const options = { matchPolicy: of.matchPolicy, versions: context.versions };
  if (matchRules(of.excludeResourceRules, attributes, options) !== undefined) return undefined;
  const everything = (of.resourceRules ?? []).length === 0;
  const { group, version, resource } = attributes.resource;
  const match = everything
    ? { resource: { group, version, resource }, kind: attributes.kind }
    : matchRules(of.resourceRules, attributes, options);
  if (match === undefined) return undefined;
  return (await matchesNamespace(selectors, attributes, context.reader)) ? match : undefined;
}
