/** Files keys under values that a function gives for their items. */
export interface InformerIndex<P> {
  readonly valuesOf: IndexFunction<P>;
  add(key: string, item: P): void;
  remove(key: string, item: P): void;
  change(key: string, before: P, after: P): void;
  keys(value: string): Iterable<string>;
}

export type IndexFunction<P> = (item: P) => readonly string[];

export function createIndex<P>(valuesOf: IndexFunction<P>): InformerIndex<P> {
  const keysByValue = new Map<string, Set<string>>();
  const file = (key: string, values: readonly string[]): void => {
    for (const value of values) {
      const keys = keysByValue.get(value);
      if (keys === undefined) keysByValue.set(value, new Set([key]));
      else keys.add(key);
    }
  };
  const unfile = (key: string, values: readonly string[]): void => {
    for (const value of values) {
      const keys = keysByValue.get(value);
      if (keys === undefined) continue;
      keys.delete(key);
      if (keys.size === 0) keysByValue.delete(value);
    }
  };
  return {
    valuesOf,
    add: (key, item) => file(key, valuesOf(item)),
    remove: (key, item) => unfile(key, valuesOf(item)),
    change(key, before, after) {
      const was = valuesOf(before);
      const is = valuesOf(after);
      // Most changes leave an item where it is.
      if (was.length === is.length && was.every((value, index) => value === is[index])) return;
      unfile(key, was);
      file(key, is);
    },
    keys: (value) => keysByValue.get(value) ?? [],
  };
}
