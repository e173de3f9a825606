import type { FamilyData, Series } from "./metrics-family.ts";

/** One family in Prometheus' text format 0.0.4; nothing when it has no series. */
export function renderFamily(family: FamilyData): string {
  if (family.series.size === 0) return "";
  const lines = [
    `# HELP ${family.name} ${family.help.replace(/\\/g, "\\\\").replace(/\n/g, "\\n")}`,
    `# TYPE ${family.name} ${family.type}`,
  ];
  for (const series of family.series.values()) {
    if (series.counts === undefined) lines.push(`${family.name}${labels(family, series)} ${numeral(series.value)}`);
    else lines.push(...histogramLines(family, series, series.counts));
  }
  return `${lines.join("\n")}\n`;
}

function histogramLines(family: FamilyData, series: Series, counts: Float64Array): string[] {
  let total = 0;
  const lines = [...family.buckets, Number.POSITIVE_INFINITY].map((bound, index) => {
    total += counts[index]!;
    return `${family.name}_bucket${labels(family, series, numeral(bound))} ${total}`;
  });
  const own = labels(family, series);
  return [...lines, `${family.name}_sum${own} ${numeral(series.value)}`, `${family.name}_count${own} ${total}`];
}

function labels(family: FamilyData, series: Series, bound?: string): string {
  const pairs = family.labelNames.map((name, index) => `${name}="${escaped(series.values[index] ?? "")}"`);
  if (bound !== undefined) pairs.push(`le="${bound}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}

function numeral(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}
