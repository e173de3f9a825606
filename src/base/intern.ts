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
  let last: T | undefined;
  return (value) => {
    // Equal ones come one after the other: to compare takes a quarter of writing and finding the text.
    if (last !== undefined && isAlike(value, last)) return last;
    const key = typeof value === "string" ? value : JSON.stringify(value);
    const found = known.get(key);
    if (found === undefined) {
      if (known.size >= MOST_VALUES) known.clear();
      known.set(key, value);
    }
    last = found ?? value;
    return last;
  };
}

/** Whether two values are the same JSON for sure. */
function isAlike(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one)) {
    if (!Array.isArray(other) || one.length !== other.length) return false;
    for (let index = 0; index < one.length; index++) if (!isAlike(one[index], other[index])) return false;
    return true;
  }
  let fields = 0;
  for (const name in one) {
    if (!isAlike(one[name as never], other[name as never])) return false;
    fields++;
  }
  for (const _ in other) fields--;
  return fields === 0 && !Array.isArray(other);
}
