import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { median } from "../median.ts";
import { type ProgramRun, startProgram, type Variant } from "../program.ts";
import type { Measurements, Workload } from "../workload.ts";

const RUNS = 7;
const NO_NODE = ["--no-node"];

export const programStart: Workload = {
  name: "program-start",
  description: "from exec to an API server that says ready over TLS, control plane only; medians of 7 starts",
  goals: [
    { metric: "built_first_ms", atMost: 500 },
    { metric: "built_second_ms", atMost: 300 },
  ],
  async measure(directory) {
    return { ...(await starts("built", directory)), ...(await starts("source", directory)) };
  },
};

/**
 * First starts make keys and default objects in an empty directory; `new machine` has no compiled code either. Second starts
 * find both.
 */
async function starts(variant: Variant, directory: string): Promise<Measurements> {
  const fresh = (): string => mkdtempSync(join(directory, "data-"));
  const cacheDirectory = mkdtempSync(join(directory, "cache-"));
  const run = async (dataDirectory: string, cache = cacheDirectory): Promise<ProgramRun> => {
    const started = await startProgram({ variant, dataDirectory, cacheDirectory: cache, words: NO_NODE });
    await started.stop();
    return started;
  };
  const dataDirectory = fresh();
  await run(dataDirectory);
  const newMachine: ProgramRun[] = [];
  const first: ProgramRun[] = [];
  const second: ProgramRun[] = [];
  for (let count = 0; count < RUNS; count++) {
    newMachine.push(await run(fresh(), fresh()));
    first.push(await run(fresh()));
    second.push(await run(dataDirectory));
  }
  const api = (runs: readonly ProgramRun[]): number => median(runs.map((each) => each.apiReadyMs));
  return {
    [`${variant}_new_machine_ms`]: api(newMachine),
    [`${variant}_first_ms`]: api(first),
    [`${variant}_second_ms`]: api(second),
    [`${variant}_second_cpu_ms`]: median(second.map((each) => each.apiReadyCpuMs)),
  };
}
