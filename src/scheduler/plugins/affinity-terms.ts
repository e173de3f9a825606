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
    matches({ kind }, cluster) {
      const right = named.has(kind.namespace) || (inNamespace?.(cluster.namespaceLabels(kind.namespace)) ?? false);
      return right && selected(kind.labels);
    },
  };
}

/** All terms of a list, compiled for the pod that has them. */
export function compileTerms(terms: readonly PodAffinityTerm[], pod: PodFacts): CompiledTerm[] {
  return terms.map((term) => compileTerm(term, pod.kind.namespace));
}

type Labels = Readonly<Record<string, string>>;

/** Counts by domain: a topology key with one of its values. A node is in one domain of each key that it has. */
export class DomainCounts {
  readonly #byKey = new Map<string, Map<string, number>>();

  /** A copy, for trials. */
  copy(): DomainCounts {
    const copy = new DomainCounts();
    for (const [key, values] of this.#byKey) copy.#byKey.set(key, new Map(values));
    return copy;
  }

  get isEmpty(): boolean {
    return this.#byKey.size === 0;
  }

  /** Adds to the domain that the node is in; a node without the key is in none. */
  add(key: string, labels: Labels, amount: number): void {
    const value = labels[key];
    if (value === undefined || amount === 0) return;
    let values = this.#byKey.get(key);
    if (values === undefined) {
      values = new Map();
      this.#byKey.set(key, values);
    }
    const count = (values.get(value) ?? 0) + amount;
    if (count !== 0) values.set(value, count);
    else if (values.delete(value) && values.size === 0) this.#byKey.delete(key);
  }

  /** The count of the node's domain; 0 when it is in none. */
  of(key: string, labels: Labels): number {
    const value = labels[key];
    return value === undefined ? 0 : (this.#byKey.get(key)?.get(value) ?? 0);
  }

  /** The sum over all domains that the node is in. */
  total(labels: Labels): number {
    let sum = 0;
    for (const key of this.#byKey.keys()) sum += this.of(key, labels);
    return sum;
  }
}
