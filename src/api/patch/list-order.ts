import { equalJson, isJsonObject } from "./json-value.ts";

/** What tells an element of a list from the others: its merge key's value, or a scalar itself. */
export function identityOf(element: unknown, mergeKey: string): unknown {
  return mergeKey !== "" && isJsonObject(element) ? element[mergeKey] : element;
}

/** Where the element with that identity is in the list; -1 when it is not there. */
export function indexOfIdentity(list: readonly unknown[], identity: unknown, mergeKey: string): number {
  return list.findIndex((element) => equalJson(identityOf(element, mergeKey), identity));
}

/**
 * The order of a merged list: elements that the patch names come in the patch's order, others keep the original's order,
 * and the two sequences are woven so that pairs which the original has keep their relative order where they can.
 */
export function orderMerged(
  merged: readonly unknown[],
  patchOrder: readonly unknown[],
  options: { original: readonly unknown[]; mergeKey: string },
): unknown[] {
  const { original, mergeKey } = options;
  const rank = (list: readonly unknown[], element: unknown): number =>
    indexOfIdentity(list, identityOf(element, mergeKey), mergeKey);
  const byRank = (list: readonly unknown[]) => (a: unknown, b: unknown) => {
    const [left, right] = [rank(list, a), rank(list, b)];
    return left >= 0 && right >= 0 ? left - right : 0;
  };
  const named = merged.filter((element) => rank(patchOrder, element) >= 0).sort(byRank(patchOrder));
  const others = merged.filter((element) => rank(patchOrder, element) < 0).sort(byRank(original));
  const ordered: unknown[] = [];
  while (named.length > 0 && others.length > 0) {
    const [other, next] = [rank(original, others[0]), rank(original, named[0])];
    ordered.push(other >= 0 && next >= 0 && other < next ? others.shift() : named.shift());
  }
  return [...ordered, ...named, ...others];
}
