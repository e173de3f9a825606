import { readFileSync } from "node:fs";
import { errorMessage } from "../../base/assert.ts";
import { CommandError } from "../../cli/command.ts";
import { readSimulation } from "../../kubelet/cri/simulated/read-simulation.ts";
import type { Simulation } from "../../kubelet/cri/simulated/simulation.ts";

/** @throws CommandError (2) when the file is no simulation */
export async function readSimulationFile(path: string): Promise<Simulation> {
  try {
    const { load } = await import("js-yaml");
    return readSimulation(load(readFileSync(path, "utf8")));
  } catch (error) {
    throw new CommandError(`--simulation ${path}: ${errorMessage(error)}`, 2);
  }
}
