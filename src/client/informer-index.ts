/** Files keys under values that a function gives for their items. */
export interface InformerIndex<P> {
  readonly valuesOf: IndexFunction<P>;
  add(key: string, item: P): void;
  remove(key: string, item: P): void;
  keys(value: string): Iterable<string>;
}

export type IndexFunction<P> = (item: P) => readonly string[];

export function createIndex<P>(valuesOf: IndexFunction<P>): InformerIndex<P> {
  const keysByValue = new Map<string, Set<string>>();
  return {
    valuesOf,
    add(key, item) {
      for (const value of valuesOf(item)) {
        const keys = keysByValue.get(value);
        if (keys === undefined) keysByValue.set(value, new Set([key]));
        else keys.add(key);
      }
    },
    remove(key, item) {
      for (const value of valuesOf(item)) {
        const keys = keysByValue.get(value);
        if (keys === undefined) continue;
        keys.delete(key);
        if (keys.size === 0) keysByValue.delete(value);
      }
    },
    keys: (value) => keysByValue.get(value) ?? [],
  };
}
