import type { FamilyData, Series } from "./metrics-family.ts";

/** So many series are a few milliseconds. */
const PIECE_SERIES = 200;

/** One family in Prometheus' text format 0.0.4, piece by piece; nothing when it has no series. */
export function* familyPieces(family: FamilyData): Generator<string, void, undefined> {
  if (family.series.size === 0) return;
  yield `# HELP ${family.name} ${family.help.replace(/\\/g, "\\\\").replace(/\n/g, "\\n")}\n# TYPE ${family.name} ${family.type}\n`;
  const bounds = [...family.buckets, Number.POSITIVE_INFINITY].map((bound) => `le="${numeral(bound)}"} `);
  let piece = "";
  let count = 0;
  for (const series of family.series.values()) {
    const labels = labelsOf(family, series);
    if (series.counts === undefined) piece += `${family.name}${inBraces(labels)} ${numeral(series.value)}\n`;
    else piece += histogramLines(family.name, { labels, bounds, counts: series.counts, sum: series.value });
    if (++count % PIECE_SERIES > 0) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}

function histogramLines(
  name: string,
  series: { labels: string; bounds: readonly string[]; counts: Float64Array; sum: number },
): string {
  const { labels, bounds, counts, sum } = series;
  const start = `${name}_bucket{${labels === "" ? "" : `${labels},`}`;
  let total = 0;
  let lines = "";
  bounds.forEach((bound, index) => {
    total += counts[index]!;
    lines += `${start}${bound}${total}\n`;
  });
  const own = inBraces(labels);
  return `${lines}${name}_sum${own} ${numeral(sum)}\n${name}_count${own} ${total}\n`;
}

function labelsOf(family: FamilyData, series: Series): string {
  return family.labelNames.map((name, index) => `${name}="${escaped(series.values[index] ?? "")}"`).join(",");
}

function inBraces(labels: string): string {
  return labels === "" ? "" : `{${labels}}`;
}

function escaped(value: string): string {
  return value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}

function numeral(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}
