import type { Program } from "../cli/program.ts";
import { hostEnvironment } from "./host-environment.ts";

/** The program on the real machine: host clock, host randomness. */
export const up: Program["up"] = async (options, output) =>
  (await import("./up.ts")).up(options, output, hostEnvironment(output));

export const part: Program["part"] = async (name, options, output) =>
  (await import("./part.ts")).runPart(name, options, { output, base: hostEnvironment(output) });
