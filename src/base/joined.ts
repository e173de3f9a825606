/**
 * The elements of all lists, in order. For many lists of which nearly all are empty, as rules make them that find nothing wrong:
 * spread into an array literal, each would cost an iterator and its results.
 */
export function joined<T>(...lists: readonly (readonly T[])[]): T[] {
  const all: T[] = [];
  for (let at = 0; at < lists.length; at++) {
    const list = lists[at]!;
    for (let index = 0; index < list.length; index++) all.push(list[index]!);
  }
  return all;
}
