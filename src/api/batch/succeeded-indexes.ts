/**
 * Reads `0,2-4`: increasing indexes and ranges, below the number of completions.
 *
 * @returns how many indexes it names, or what is wrong with it
 */
export function succeededIndexesError(text: string, completions: number): number | string {
  if (text === "") return 0;
  let total = 0;
  let last = -1;
  for (const interval of text.split(",")) {
    const limits = interval.split("-");
    if (limits.length > 2)
      return `the fragment ${JSON.stringify(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`;
    const [first, end = first] = limits.map(Number);
    const wrong = limits.find((limit) => !/^[0-9]+$/.test(limit));
    if (wrong !== undefined) return `cannot convert string to integer for index: ${JSON.stringify(wrong)}`;
    const above = [first!, end!].find((index) => index >= completions);
    if (above !== undefined) return `too large index: ${JSON.stringify(String(above))}`;
    if (first! <= last) return `non-increasing order, previous: ${last}, current: ${first}`;
    if (limits.length === 2 && end! <= first!) return `non-increasing order, previous: ${first}, current: ${end}`;
    total += end! - first! + 1;
    last = end!;
  }
  return total;
}

/** The intervals of a list that is well-formed. */
export function succeededIndexes(text: string): (readonly [first: number, last: number])[] {
  if (text === "") return [];
  return text.split(",").map((interval) => {
    const [first, last = first] = interval.split("-").map(Number);
    return [first!, last!] as const;
  });
}
