import type { HistoryEntry } from "./history.ts";
import { type Goal, type Measurements, missedGoals, type Workload } from "./workload.ts";

/** What came of one workload. */
export interface Outcome {
  readonly workload: Workload;
  readonly measurements?: Measurements;
  readonly peer?: Measurements;
  /** Why there are no measurements. */
  readonly error?: string;
}

/** A scaled run is not judged: its numbers meet or miss nothing. */
interface Judgement {
  readonly judged: boolean;
}

/** All that one workload measured, a line each; beside it, where there is one, the peer's and how ours relates to it. */
export function outcomeText({ workload, measurements = {}, peer, error }: Outcome, { judged }: Judgement): string {
  const missed = missedGoals(workload, measurements);
  const rows = Object.entries(measurements).map(([metric, value]) => {
    const goal = workload.goals.find((candidate) => candidate.metric === metric);
    const met = goal !== undefined && !missed.includes(goal);
    const verdict = goal === undefined ? "" : `${judged ? (met ? "ok " : "MISSED ") : ""}(${boundOf(goal)})`;
    const theirs = peer?.[metric];
    const beside = theirs === undefined ? ["", ""] : [`peer ${number(theirs)}`, ratioOf(value, theirs)];
    return peer === undefined ? [metric, number(value), verdict] : [metric, number(value), ...beside, verdict];
  });
  const failed = error === undefined ? "" : `  FAILED: ${error.replaceAll("\n", "\n  ")}\n`;
  return `\n${workload.name}: ${workload.description}\n${table(rows, "  ")}${failed}`;
}

/** All goals of a run in one table, with what the history has of the workloads' last run. */
export function summaryText(
  outcomes: readonly Outcome[],
  history: readonly HistoryEntry[],
  { judged }: Judgement,
): string {
  const rows = outcomes.flatMap((outcome) => {
    const { workload, measurements = {}, peer, error } = outcome;
    if (error !== undefined && outcome.measurements === undefined) return [[workload.name, "", "", "", "", "FAILED"]];
    const last = history.findLast((entry) => entry.workload === workload.name)?.measurements ?? {};
    const missed = missedGoals(workload, measurements);
    const failed = error === undefined ? [] : [[workload.name, "on the peer", "", "", "", "FAILED"]];
    const rows = workload.goals.map((goal) => {
      const value = measurements[goal.metric];
      const columns = [workload.name, goal.metric, shown(value), boundOf(goal), shown(last[goal.metric])];
      const verdict = value === undefined ? "NOT MEASURED" : !judged ? "" : missed.includes(goal) ? "MISSED" : "ok";
      const theirs = peer?.[goal.metric];
      if (value === undefined || theirs === undefined) return [...columns, verdict];
      return [...columns, verdict, `peer ${number(theirs)}`, ratioOf(value, theirs)];
    });
    return [...rows, ...failed];
  });
  const head = ["workload", "goal for", "measured", "goal", "last time", ""];
  return `\n${table([head, ...rows], "")}`;
}

/** Numbers to the right, words to the left; a first column that repeats is shown once. */
function table(rows: readonly (readonly string[])[], indent: string): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  let first = "";
  const lines = rows.map((row) => {
    const repeats = row.length > 5 && row[0] === first;
    first = row[0] ?? "";
    const cells = row.map((cell, index) => {
      const text = index === 0 && repeats ? "" : cell;
      return /^(peer |ratio )?[-\d.,]+$/.test(cell)
        ? text.padStart(widths[index] ?? 0)
        : text.padEnd(widths[index] ?? 0);
    });
    return `${indent}${cells.join("  ").trimEnd()}\n`;
  });
  return lines.join("");
}

/** Ours to the peer's; none to a peer's zero. */
function ratioOf(ours: number, theirs: number): string {
  return theirs === 0 ? "" : `ratio ${number(ours / theirs)}`;
}

function shown(value: number | undefined): string {
  return value === undefined ? "" : number(value);
}

export function boundOf(goal: Goal): string {
  return "atLeast" in goal ? `at least ${number(goal.atLeast)}` : `at most ${number(goal.atMost)}`;
}

/** Three digits, or all that stand before the point. */
export function number(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  // 3.00 is 3, and 0.000012 is not 0.0000120.
  return String(Number(value.toPrecision(3)));
}

/** The workloads, and how long each takes. */
export function listText(selected: readonly Workload[]): string {
  const rows = selected.map(({ name, seconds, measurePeer, description }) => [
    name,
    `${seconds} s`,
    measurePeer === undefined ? "" : "also on a peer",
    description,
  ]);
  const total = selected.reduce((sum, { seconds }) => sum + seconds, 0);
  return `${table(rows, "")}\nAll ${selected.length}: about ${Math.ceil(total / 60)} minutes on two quiet cores.\n`;
}
