import type { NodeAffinity, NodeSelectorRequirement, NodeSelectorTerm } from "../generated/core/v1.ts";
import type { LabelRequirement } from "../label-selector-parser.ts";
import { type Labels, matchesMap, matchesRequirements } from "../selectors.ts";

/** What node selectors ask of a node. */
export interface SelectableNode {
  readonly name: string;
  readonly labels: Labels;
}

/** What a pod's spec says of the nodes that it wants. */
export interface NodeWishes {
  readonly nodeSelector?: Labels | undefined;
  readonly nodeAffinity?: NodeAffinity | undefined;
}

/** True when the node meets the pod's nodeSelector and its required node affinity. */
export function matchesRequiredAffinity(pod: NodeWishes, node: SelectableNode): boolean {
  if (pod.nodeSelector !== undefined && !matchesMap(pod.nodeSelector, node.labels)) return false;
  const required = pod.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesAnyTerm(required.nodeSelectorTerms, node);
}

/** True when the node meets one of the terms; no terms match no node. */
export function matchesAnyTerm(terms: readonly NodeSelectorTerm[] | undefined, node: SelectableNode): boolean {
  return terms?.some((term) => matchesTerm(term, node)) ?? false;
}

/** True when the node meets all requirements of the term; an empty term matches no node. */
export function matchesTerm(term: NodeSelectorTerm, node: SelectableNode): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length === 0 && fields.length === 0) return false;
  return (
    matchesRequirements(requirementsOf(term), node.labels) &&
    fields.every((field) => field.key === "metadata.name" && matchesField(field, node.name))
  );
}

function matchesField(field: NodeSelectorRequirement, name: string): boolean {
  const named = field.values?.includes(name) ?? false;
  if (field.operator === "In") return named;
  return field.operator === "NotIn" && !named;
}

/** Terms are asked once a node and cycle, so their form for asking is kept as long as they are. */
const compiled = new WeakMap<NodeSelectorTerm, LabelRequirement[]>();

function requirementsOf(term: NodeSelectorTerm): LabelRequirement[] {
  let requirements = compiled.get(term);
  if (requirements === undefined) {
    requirements = (term.matchExpressions ?? []).map((expression) => ({
      key: expression.key,
      operator: expression.operator as LabelRequirement["operator"],
      values: expression.values ?? [],
    }));
    compiled.set(term, requirements);
  }
  return requirements;
}

/** The only nodes that the terms can match, by name, where every term names some; undefined when any node may match. */
export function namedNodes(terms: readonly NodeSelectorTerm[]): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  for (const term of terms) {
    const fields = (term.matchFields ?? []).filter((field) => field.key === "metadata.name" && field.operator === "In");
    if (fields.length === 0) return undefined;
    const [first, ...others] = fields.map((field) => new Set(field.values ?? []));
    for (const name of first!) if (others.every((other) => other.has(name))) names.add(name);
  }
  return names;
}
