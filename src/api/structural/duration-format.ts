const GO_DURATION = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const WORD = /(\d+)\s*([A-Za-zµ]+)/gy;

/** Each unit's spellings; the last is a prefix of longer ones (`hour`, `hours`). */
const UNITS: readonly (readonly string[])[] = [
  ["ns", "nano"],
  ["us", "µs", "micro"],
  ["ms", "milli"],
  ["s", "sec"],
  ["m", "min"],
  ["h", "hr", "hour"],
  ["d", "day"],
  ["w", "wk", "week"],
];

/** A duration of Go (`1h30m`), or numbers with units in words (`2 days 3 hours`). */
export function isDuration(text: string): boolean {
  if (GO_DURATION.test(text)) return true;
  let rest = text.trim();
  let isKnown = false;
  if (rest === "") return false;
  while (rest !== "") {
    WORD.lastIndex = 0;
    const match = WORD.exec(rest);
    if (match === null) return false;
    const unit = match[2]!.toLowerCase();
    isKnown ||= UNITS.some((spellings) => spellings.includes(unit) || unit.startsWith(spellings.at(-1)!));
    rest = rest.slice(match[0].length).trimStart();
  }
  return isKnown;
}
