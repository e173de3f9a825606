/** A version as semver.org says it; what is built beside (`+…`) counts for nothing. */
export interface SemanticVersion {
  readonly numbers: readonly number[];
  /** Parts of what comes before the release (`-alpha.1`); none for the release itself. */
  readonly before: readonly string[];
}

const NUMBER = "(0|[1-9]\\d*)";
const PART = "(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)";
const VERSION = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${PART}(?:\\.${PART})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);

/** Undefined for what is no such version. */
export function parseSemanticVersion(text: string): SemanticVersion | undefined {
  const [, major, minor, patch, before] = VERSION.exec(text) ?? [];
  if (major === undefined) return undefined;
  return { numbers: [major, minor, patch].map(Number), before: before?.split(".") ?? [] };
}

/** Negative when `a` comes before `b`, 0 when they are of one rank. */
export function compareSemanticVersions(a: SemanticVersion, b: SemanticVersion): number {
  const difference = a.numbers.map((number, index) => number - b.numbers[index]!).find((each) => each !== 0);
  if (difference !== undefined) return difference;
  if (a.before.length === 0 || b.before.length === 0) return b.before.length - a.before.length;
  for (let index = 0; index < Math.min(a.before.length, b.before.length); index++) {
    const order = compareParts(a.before[index]!, b.before[index]!);
    if (order !== 0) return order;
  }
  return a.before.length - b.before.length;
}

/** Numbers come before words. */
function compareParts(a: string, b: string): number {
  const [isNumber, isOther] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber && isOther) return Number(a) - Number(b);
  if (isNumber !== isOther) return isNumber ? -1 : 1;
  return a < b ? -1 : Number(a > b);
}
