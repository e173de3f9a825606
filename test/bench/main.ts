import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { formatTime, systemClock } from "../../src/base/clock.ts";
import { type BenchArguments, readArguments, USAGE, UsageError } from "./arguments.ts";
import { appendHistory, type HistoryEntry, readHistory } from "./history.ts";
import { machineFacts } from "./machine.ts";
import { openPeer, type Peer } from "./peer.ts";
import { plotHistory } from "./plot.ts";
import { buildProgram } from "./program.ts";
import { listText, type Outcome, outcomeText, summaryText } from "./report.ts";
import { runWorkload } from "./run-workload.ts";
import { type BenchRun, missedGoals, type Workload } from "./workload.ts";
import { workloads } from "./workloads.ts";

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));

try {
  process.exitCode = await bench(readArguments(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function bench(options: BenchArguments): Promise<number> {
  const selected = chosen(options.words);
  switch (options.action) {
    case "help":
      process.stdout.write(USAGE);
      return 0;
    case "list":
      process.stdout.write(listText(selected));
      return 0;
    case "plot":
      drawPlot(options);
      return 0;
    case "run":
      return run(selected, options);
  }
}

/** Those that are named; a word that is nobody's name stands for all whose names begin so. */
function chosen(words: readonly string[]): readonly Workload[] {
  const namedBy = (word: string): readonly Workload[] => {
    const exact = workloads.filter(({ name }) => name === word);
    return exact.length > 0 ? exact : workloads.filter(({ name }) => name.startsWith(word));
  };
  const unknown = words.find((word) => namedBy(word).length === 0);
  if (unknown !== undefined) {
    const names = workloads.map((workload) => workload.name).join(", ");
    throw new UsageError(`no workload is called ${unknown} or begins so; there are ${names}`);
  }
  if (words.length === 0) return workloads;
  const wanted = new Set(words.flatMap(namedBy));
  return workloads.filter((workload) => wanted.has(workload));
}

async function run(selected: readonly Workload[], options: BenchArguments): Promise<number> {
  const history = readHistory(options.history);
  const peer = options.peer && (await openPeer(options.peer));
  const scratch = mkdtempSync(join(options.directory ?? tmpdir(), "wherry-bench-"));
  const judged = options.scale === 1;
  const outcomes: Outcome[] = [];
  try {
    const program = options.program ?? buildProgram(join(scratch, "program"));
    for (const workload of selected) {
      if (interrupted.signal.aborted) break;
      if (judged) process.stderr.write(`… ${workload.name}, about ${workload.seconds} s\n`);
      const directory = mkdtempSync(join(scratch, `${workload.name}-`));
      const machine = machineFacts();
      const outcome = await measure(workload, { directory, program, scale: options.scale }, peer);
      rmSync(directory, { recursive: true, force: true });
      outcomes.push(outcome);
      process.stdout.write(outcomeText(outcome, { judged }));
      if (options.record) record(options.history, { outcome, peer, machine });
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
    await peer?.close();
  }
  process.stdout.write(summaryText(outcomes, history, { judged }));
  if (options.scale !== 1)
    process.stdout.write("\nThis run was scaled: its numbers are to be compared with nothing.\n");
  if (options.record) drawPlot(options);
  return isGood(outcomes, selected, options) ? 0 : 1;
}

async function measure(workload: Workload, run: BenchRun, peer: Peer | undefined): Promise<Outcome> {
  const outcome: { -readonly [K in keyof Outcome]: Outcome[K] } = { workload };
  try {
    outcome.measurements = await runWorkload(workload, { run }, interrupted.signal);
    if (peer !== undefined && workload.measurePeer !== undefined) {
      outcome.peer = await peer.inNamespace(workload.name, (namespace) =>
        runWorkload(workload, { run, peer: namespace }, interrupted.signal),
      );
    }
  } catch (error) {
    outcome.error = (error as Error).message;
  }
  return outcome;
}

function record(
  file: string,
  { outcome, peer, machine }: { outcome: Outcome; peer: Peer | undefined; machine: HistoryEntry["machine"] },
): void {
  const { workload, measurements } = outcome;
  if (measurements === undefined) return;
  appendHistory(file, {
    time: formatTime(systemClock.now()),
    workload: workload.name,
    measurements,
    ...(peer && outcome.peer && { peer: { version: peer.version, measurements: outcome.peer } }),
    machine,
  });
}

/** A scaled run is good when everything works: its numbers meet no goal. */
function isGood(outcomes: readonly Outcome[], selected: readonly Workload[], { scale }: BenchArguments): boolean {
  if (outcomes.length < selected.length) return false;
  return outcomes.every(
    ({ workload, measurements, error }) =>
      error === undefined && (scale !== 1 || missedGoals(workload, measurements ?? {}).length === 0),
  );
}

function drawPlot({ history, plotFile }: BenchArguments): void {
  mkdirSync(dirname(plotFile), { recursive: true });
  writeFileSync(plotFile, plotHistory(readHistory(history), workloads));
  process.stdout.write(`\nplot: ${plotFile}\n`);
}
