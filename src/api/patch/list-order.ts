import { isJsonObject } from "./json-value.ts";

/**
 * What tells an element of a list from the others, as a text: its merge key's value, or the element itself. Equal values have
 * the same text, whatever the order of their fields.
 */
export function identityOf(element: unknown, mergeKey: string): string {
  return identityText(mergeKey !== "" && isJsonObject(element) ? element[mergeKey] : element);
}

/** The text of an identity that was given by itself. */
export function identityText(value: unknown): string {
  if (typeof value !== "object" || value === null) return `${typeof value} ${String(value)}`;
  if (Array.isArray(value)) return `[${value.map((each) => JSON.stringify(identityText(each))).join()}]`;
  const members = Object.entries(value).map(([key, each]) => JSON.stringify([key, identityText(each)]));
  return `{${members.sort().join()}}`;
}

/** Where in a list the first element of each identity is. */
export function indexByIdentity(list: readonly unknown[], mergeKey: string): Map<string, number> {
  const indexes = new Map<string, number>();
  for (const [index, element] of list.entries()) {
    const identity = identityOf(element, mergeKey);
    if (!indexes.has(identity)) indexes.set(identity, index);
  }
  return indexes;
}

interface Ranked {
  readonly element: unknown;
  readonly inPatch: number;
  readonly inOriginal: number;
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
  const [patchIndexes, originalIndexes] = [indexByIdentity(patchOrder, mergeKey), indexByIdentity(original, mergeKey)];
  const ranked = merged.map((element): Ranked => {
    const identity = identityOf(element, mergeKey);
    const [inPatch = -1, inOriginal = -1] = [patchIndexes.get(identity), originalIndexes.get(identity)];
    return { element, inPatch, inOriginal };
  });
  const named = ranked.filter(({ inPatch }) => inPatch >= 0).sort((a, b) => a.inPatch - b.inPatch);
  const others = ranked
    .filter(({ inPatch }) => inPatch < 0)
    .sort((a, b) => (a.inOriginal >= 0 && b.inOriginal >= 0 ? a.inOriginal - b.inOriginal : 0));
  const ordered: unknown[] = [];
  let [nextNamed, nextOther] = [0, 0];
  while (nextNamed < named.length && nextOther < others.length) {
    const [other, wanted] = [others[nextOther]!, named[nextNamed]!];
    const isOtherFirst = other.inOriginal >= 0 && wanted.inOriginal >= 0 && other.inOriginal < wanted.inOriginal;
    ordered.push(isOtherFirst ? other.element : wanted.element);
    if (isOtherFirst) nextOther++;
    else nextNamed++;
  }
  const rest = [...named.slice(nextNamed), ...others.slice(nextOther)];
  return [...ordered, ...rest.map(({ element }) => element)];
}
