import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { formatTime, systemClock } from "../../src/base/clock.ts";
import { machineFacts } from "./machine.ts";
import { type Goal, type Measurements, missedGoals, type Workload } from "./workload.ts";
import { workloads } from "./workloads.ts";

const HISTORY = join(import.meta.dirname, "history.jsonl");

const USAGE = `Usage: npm run bench -- [--directory DIR] [WORKLOAD ...]

Runs the workloads whose names begin with an argument (all without one), prints what they measured, and adds a line
a workload to test/bench/history.jsonl. Ends with 1 when a goal is missed.

  --directory DIR  where workloads that need a disk put their files (default: the system's temporary directory)
  --dry-run        leave the history alone
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { directory: { type: "string" }, "dry-run": { type: "boolean" }, help: { type: "boolean" } },
});
if (values.help) process.stdout.write(USAGE);
else process.exitCode = await run(chosen(positionals));

function chosen(prefixes: readonly string[]): readonly Workload[] {
  const unknown = prefixes.find((prefix) => !workloads.some((workload) => workload.name.startsWith(prefix)));
  if (unknown !== undefined) {
    const names = workloads.map((workload) => workload.name).join(", ");
    process.stderr.write(`no workload begins with ${unknown}; there are ${names}\n`);
    process.exit(2);
  }
  return prefixes.length === 0
    ? workloads
    : workloads.filter((workload) => prefixes.some((prefix) => workload.name.startsWith(prefix)));
}

async function run(selected: readonly Workload[]): Promise<number> {
  const machine = machineFacts();
  let missed = 0;
  for (const workload of selected) {
    const directory = mkdtempSync(join(values.directory ?? tmpdir(), "wherry-bench-"));
    try {
      const measurements = await workload.measure(directory);
      const goals = missedGoals(workload, measurements);
      missed += goals.length;
      print(workload, measurements, goals);
      const entry = { time: formatTime(systemClock.now()), workload: workload.name, measurements, machine };
      if (!values["dry-run"]) appendFileSync(HISTORY, `${JSON.stringify(entry)}\n`);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  return missed === 0 ? 0 : 1;
}

function print(workload: Workload, measurements: Measurements, missed: readonly Goal[]): void {
  process.stdout.write(`\n${workload.name}: ${workload.description}\n`);
  for (const [metric, value] of Object.entries(measurements)) {
    const goal = workload.goals.find((candidate) => candidate.metric === metric);
    const verdict = goal === undefined ? "" : `  ${missed.includes(goal) ? "MISSED" : "ok"} (${boundOf(goal)})`;
    process.stdout.write(`  ${metric.padEnd(32)} ${format(value).padStart(12)}${verdict}\n`);
  }
  for (const goal of missed) {
    if (measurements[goal.metric] === undefined) process.stdout.write(`  ${goal.metric} was not measured\n`);
  }
}

function boundOf(goal: Goal): string {
  return "atLeast" in goal ? `at least ${format(goal.atLeast)}` : `at most ${format(goal.atMost)}`;
}

function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3);
}
