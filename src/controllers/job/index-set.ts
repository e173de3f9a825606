/** Completion indexes as sorted, disjoint ranges: how a Job's status writes them (`0,2-4`). Immutable. */
export interface IndexSet {
  readonly ranges: readonly (readonly [first: number, last: number])[];
  /** How many indexes there are. */
  readonly size: number;
}

export const NO_INDEXES: IndexSet = { ranges: [], size: 0 };

/** Reads `0,2-4`. Indexes from `limit` on are left out: completions of an Indexed job may have shrunk. */
export function parseIndexes(text: string | undefined, limit = Number.POSITIVE_INFINITY): IndexSet {
  const ranges: [number, number][] = [];
  for (const part of (text ?? "").split(",")) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    if (match === null) continue;
    const first = Number(match[1]);
    const last = Math.min(Number(match[2] ?? match[1]), limit - 1);
    if (first <= last) ranges.push([first, last]);
  }
  return normalized(ranges);
}

export function indexesOf(indexes: Iterable<number>): IndexSet {
  return normalized(Array.from(indexes, (index): [number, number] => [index, index]));
}

export function union(...sets: readonly IndexSet[]): IndexSet {
  return normalized(sets.flatMap((set) => set.ranges.map(([first, last]): [number, number] => [first, last])));
}

export function hasIndex({ ranges }: IndexSet, index: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[middle]![1] < index) low = middle + 1;
    else high = middle;
  }
  return low < ranges.length && ranges[low]![0] <= index;
}

/** How many indexes are in both. */
export function commonCount(a: IndexSet, b: IndexSet): number {
  let count = 0;
  for (const [first, last] of a.ranges) {
    for (const range of b.ranges) count += Math.max(0, Math.min(last, range[1]) - Math.max(first, range[0]) + 1);
  }
  return count;
}

/** The lowest indexes below `limit` that are not in the set, at most `count`. */
export function firstMissing({ ranges }: IndexSet, count: number, limit: number): number[] {
  const found: number[] = [];
  let next = 0;
  for (const [first, last] of [...ranges, [limit, limit] as const]) {
    for (; next < Math.min(first, limit) && found.length < count; next++) found.push(next);
    next = last + 1;
  }
  return found;
}

/** As in a Job's status: two in a row are written apart, three and more as a range. */
export function formatIndexes({ ranges }: IndexSet): string {
  return ranges
    .map(([first, last]) => {
      if (first === last) return String(first);
      return last === first + 1 ? `${first},${last}` : `${first}-${last}`;
    })
    .join(",");
}

function normalized(ranges: [number, number][]): IndexSet {
  const merged: [number, number][] = [];
  for (const [first, last] of ranges.sort((a, b) => a[0] - b[0])) {
    const previous = merged.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else merged.push([first, last]);
  }
  return { ranges: merged, size: merged.reduce((sum, [first, last]) => sum + last - first + 1, 0) };
}
