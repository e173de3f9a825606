import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { median } from "../median.ts";
import { type ProgramRun, SOURCE, startProgram } from "../program.ts";
import { type BenchRun, type Measurements, scaled, type Workload } from "../workload.ts";

const RUNS = 7;
const NO_NODE = ["--no-node"];

export const programStart: Workload = {
  name: "program-start",
  description: "from exec to an API server that says ready over TLS, control plane only; medians of 7 starts",
  seconds: 45,
  goals: [
    { metric: "built_first_ms", atMost: 500 },
    { metric: "built_second_ms", atMost: 300 },
  ],
  async measure(run) {
    return { ...(await starts("built", run)), ...(await starts("source", { ...run, program: SOURCE })) };
  },
};

/**
 * First starts make keys and default objects in an empty directory; `new machine` has no compiled code either. Second starts
 * find both.
 */
async function starts(variant: string, { directory, program, ...run }: BenchRun): Promise<Measurements> {
  const fresh = (): string => mkdtempSync(join(directory, "data-"));
  const cacheDirectory = mkdtempSync(join(directory, "cache-"));
  const start = async (dataDirectory: string, cache = cacheDirectory): Promise<ProgramRun> => {
    const started = await startProgram({ program, dataDirectory, cacheDirectory: cache, words: NO_NODE });
    await started.stop();
    return started;
  };
  const dataDirectory = fresh();
  await start(dataDirectory);
  const newMachine: ProgramRun[] = [];
  const first: ProgramRun[] = [];
  const second: ProgramRun[] = [];
  for (let count = 0; count < scaled(RUNS, { directory, program, ...run }); count++) {
    newMachine.push(await start(fresh(), fresh()));
    first.push(await start(fresh()));
    second.push(await start(dataDirectory));
  }
  const api = (runs: readonly ProgramRun[]): number => median(runs.map((each) => each.apiReadyMs));
  return {
    [`${variant}_new_machine_ms`]: api(newMachine),
    [`${variant}_first_ms`]: api(first),
    [`${variant}_second_ms`]: api(second),
    [`${variant}_second_cpu_ms`]: median(second.map((each) => each.apiReadyCpuMs)),
  };
}
