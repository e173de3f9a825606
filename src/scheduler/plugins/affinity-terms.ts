import type { PodAffinityTerm } from "../../api/generated/core/v1.ts";
import { labelSelectorOf } from "../../api/selectors.ts";
import type { PodFacts } from "../facts/pod-facts.ts";
import type { Cluster } from "../framework.ts";

/** A term of pod affinity, ready to be asked about pods. */
export interface CompiledTerm {
  readonly topologyKey: string;
  matches(pod: PodFacts, cluster: Pick<Cluster, "namespaceLabels">): boolean;
}

/** Terms are asked about many pods in many cycles; what was compiled lives as long as the pod that has the term. */
const compiled = new WeakMap<PodAffinityTerm, Map<string, CompiledTerm>>();

/** The term as a pod of that namespace means it: without namespaces of its own it is about the pod's. */
export function compileTerm(term: PodAffinityTerm, namespace: string): CompiledTerm {
  let byNamespace = compiled.get(term);
  if (byNamespace === undefined) {
    byNamespace = new Map();
    compiled.set(term, byNamespace);
  }
  let found = byNamespace.get(namespace);
  if (found === undefined) {
    found = compile(term, namespace);
    byNamespace.set(namespace, found);
  }
  return found;
}

function compile(term: PodAffinityTerm, namespace: string): CompiledTerm {
  const selected = labelSelectorOf(term.labelSelector);
  const named = new Set(term.namespaces ?? []);
  if (named.size === 0 && term.namespaceSelector === undefined) named.add(namespace);
  const inNamespace = term.namespaceSelector === undefined ? undefined : labelSelectorOf(term.namespaceSelector);
  return {
    topologyKey: term.topologyKey,
    matches(pod, cluster) {
      const right = named.has(pod.namespace) || (inNamespace?.(cluster.namespaceLabels(pod.namespace)) ?? false);
      return right && selected(pod.labels);
    },
  };
}

/** All terms of a list, compiled for the pod that has them. */
export function compileTerms(terms: readonly PodAffinityTerm[], pod: PodFacts): CompiledTerm[] {
  return terms.map((term) => compileTerm(term, pod.namespace));
}

/** Counts by domain: a topology key with one of its values. */
export class DomainCounts {
  readonly #counts: Map<string, number>;

  constructor(from?: DomainCounts) {
    this.#counts = new Map(from?.entries());
  }

  entries(): Iterable<[string, number]> {
    return this.#counts;
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  /** Adds to the domain that the node is in; a node without the key is in none. */
  add(key: string, labels: Readonly<Record<string, string>>, amount: number): void {
    const value = labels[key];
    if (value === undefined || amount === 0) return;
    const id = `${key}\u0000${value}`;
    const count = (this.#counts.get(id) ?? 0) + amount;
    if (count === 0) this.#counts.delete(id);
    else this.#counts.set(id, count);
  }

  /** The count of the node's domain; 0 when it is in none. */
  of(key: string, labels: Readonly<Record<string, string>>): number {
    const value = labels[key];
    return value === undefined ? 0 : (this.#counts.get(`${key}\u0000${value}`) ?? 0);
  }
}
