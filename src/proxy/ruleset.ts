/**
 * Rules of the packet filter as plain data: what a table holds. Rules are lines of nft's own language without the
 * `add rule <family> <table> <chain>` before them.
 */
export interface Ruleset {
  readonly chains: ReadonlyMap<string, Chain>;
  /** Declarations of sets and maps, e.g. `set` and `{ type ipv4_addr ; }`. */
  readonly sets: ReadonlyMap<string, SetDeclaration>;
  /** Elements of sets and maps by key; the value is the verdict in a map and empty in a set. */
  readonly elements: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export interface Chain {
  /** For base chains, e.g. `type nat hook prerouting priority dstnat ;`. */
  readonly hook?: string;
  readonly rules: readonly string[];
}

export interface SetDeclaration {
  readonly kind: "set" | "map";
  readonly body: string;
}

/** The part of a ruleset that one object (a service, a pod) contributes. */
export interface Fragment {
  readonly chains: readonly (readonly [string, Chain])[];
  readonly sets: readonly (readonly [string, SetDeclaration])[];
  readonly elements: readonly Element[];
}

export interface Element {
  readonly set: string;
  readonly key: string;
  readonly value: string;
}

/** Puts fragments together. Where two claim the same key of a map, the earlier one has it. */
export function mergeFragments(fragments: Iterable<Fragment>): Ruleset {
  const chains = new Map<string, Chain>();
  const sets = new Map<string, SetDeclaration>();
  const elements = new Map<string, Map<string, string>>();
  for (const fragment of fragments) {
    for (const [name, chain] of fragment.chains) chains.set(name, chain);
    for (const [name, declaration] of fragment.sets) sets.set(name, declaration);
    for (const element of fragment.elements) {
      let known = elements.get(element.set);
      if (known === undefined) {
        known = new Map();
        elements.set(element.set, known);
      }
      if (!known.has(element.key)) known.set(element.key, element.value);
    }
  }
  return { chains, sets, elements };
}
