/** So many different values are kept at most; then it starts over. */
const MOST_VALUES = 10_000;

/**
 * For lists of interned values: gives the last list again when it has the same values. Objects of one kind come in bursts, and an
 * array each is more than what stands in it.
 */
export function createListInterner<T>(): (list: T[]) => T[] {
  let last: T[] = [];
  return (list) => {
    if (list.length !== last.length || !list.every((value, index) => value === last[index])) last = list;
    return last;
  };
}

/**
 * Gives for equal JSON the same value each time, as far as it remembers: what a hundred thousand objects have in common is
 * kept once, and compared by reference where that is only an advantage. Values must never be changed.
 */
export function createInterner<T>(): (value: T) => T {
  const known = new Map<string, T>();
  return (value) => {
    const key = typeof value === "string" ? value : JSON.stringify(value);
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size >= MOST_VALUES) known.clear();
    known.set(key, value);
    return value;
  };
}
