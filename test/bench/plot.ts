import type { HistoryEntry } from "./history.ts";
import { boundOf, number } from "./report.ts";
import { niceTicks } from "./ticks.ts";
import type { Goal, Workload } from "./workload.ts";

const COLUMNS = 3;
const PANEL = { width: 400, height: 210 };
/** Room for the axes' labels around the drawing of a panel. */
const INNER = { left: 62, top: 46, right: 16, bottom: 34 };
const HEAD = 64;
const MET = "#1a7f5a";
const MISSED = "#c2410c";
const INK = "#1f2937";
const FAINT = "#6b7280";

interface Point {
  readonly time: string;
  readonly value: number;
  /** More processes wanted to run than there are cores: the number says less. */
  readonly busy: boolean;
}

/** A panel a goal that has ever been measured: its runs in order, the goal as a line, what misses it in another colour. */
export function plotHistory(history: readonly HistoryEntry[], workloads: readonly Workload[]): string {
  const panels = workloads.flatMap((workload) =>
    workload.goals.flatMap((goal) => {
      const points = pointsOf(history, workload.name, goal.metric);
      return points.length === 0 ? [] : [{ workload: workload.name, goal, points }];
    }),
  );
  const width = COLUMNS * PANEL.width;
  const height = HEAD + Math.ceil(panels.length / COLUMNS) * PANEL.height;
  const drawn = panels.map((panel, index) => {
    const x = (index % COLUMNS) * PANEL.width;
    const y = HEAD + Math.floor(index / COLUMNS) * PANEL.height;
    return `<g transform="translate(${x} ${y})">${drawPanel(panel)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="11">
<rect width="${width}" height="${height}" fill="#ffffff"/>
${text(20, 28, "Wherry: goals over the runs in the history", { size: 18, fill: INK })}
${text(20, 48, "runs from left to right; dashed: the goal; green: met, orange: missed; hollow: more load than cores before the run", { fill: FAINT })}
${drawn.join("\n")}
</svg>
`;
}

function pointsOf(history: readonly HistoryEntry[], workload: string, metric: string): Point[] {
  return history.flatMap((entry) => {
    const value = entry.measurements[metric];
    if (entry.workload !== workload || typeof value !== "number" || !Number.isFinite(value)) return [];
    return [{ time: entry.time, value, busy: entry.machine.load > entry.machine.cores }];
  });
}

function drawPanel({ workload, goal, points }: { workload: string; goal: Goal; points: readonly Point[] }): string {
  const bound = "atLeast" in goal ? goal.atLeast : goal.atMost;
  const ticks = niceTicks(Math.max(bound, ...points.map(({ value }) => value)), 4);
  const top = ticks.at(-1) ?? 1;
  const right = PANEL.width - INNER.right;
  const bottom = PANEL.height - INNER.bottom;
  const y = (value: number): number => bottom - (Math.max(0, value) / top) * (bottom - INNER.top);
  const step = (right - INNER.left) / points.length;
  const x = (index: number): number => INNER.left + (index + 0.5) * step;
  const line = points.map(({ value }, index) => `${round(x(index))},${round(y(value))}`).join(" ");
  const isMet = (value: number): boolean => ("atLeast" in goal ? value >= bound : value <= bound);
  return [
    text(INNER.left, 18, workload, { size: 13, fill: INK }),
    text(INNER.left, 34, `${goal.metric}, goal ${boundOf(goal)}`, { fill: FAINT }),
    ...ticks.map(
      (tick) =>
        rule(y(tick), tick === 0 ? INK : "#e5e7eb") +
        text(INNER.left - 6, y(tick) + 4, number(tick), { anchor: "end" }),
    ),
    `<line x1="${INNER.left}" x2="${right}" y1="${round(y(bound))}" y2="${round(y(bound))}" stroke="${INK}" stroke-dasharray="5 4"/>`,
    `<polyline points="${line}" fill="none" stroke="#9ca3af"/>`,
    ...points.map(({ time, value, busy }, index) => {
      const colour = isMet(value) ? MET : MISSED;
      const title = `<title>${escaped(`${time}: ${number(value)}`)}</title>`;
      return `<circle cx="${round(x(index))}" cy="${round(y(value))}" r="3.5" stroke="${colour}" stroke-width="1.5" fill="${busy ? "#ffffff" : colour}">${title}</circle>`;
    }),
    text(INNER.left, bottom + 18, day(points[0]), { fill: FAINT }),
    points.length > 1 ? text(right, bottom + 18, day(points.at(-1)), { fill: FAINT, anchor: "end" }) : "",
  ].join("");
}

function rule(y: number, stroke: string): string {
  return `<line x1="${INNER.left}" x2="${PANEL.width - INNER.right}" y1="${round(y)}" y2="${round(y)}" stroke="${stroke}"/>`;
}

function text(
  x: number,
  y: number,
  words: string,
  { size = 11, fill = INK, anchor = "start" }: { size?: number; fill?: string; anchor?: "start" | "end" } = {},
): string {
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${fill}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

function day(point: Point | undefined): string {
  return point?.time.slice(0, 16).replace("T", " ") ?? "";
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
