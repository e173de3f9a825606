import { systemClock } from "../base/clock.ts";
import { createLogger } from "../base/log.ts";
import { Metrics } from "../base/metrics.ts";
import { systemRandom } from "../base/random.ts";
import { SpanRing } from "../base/trace.ts";
import type { Program, ProgramOutput } from "../cli/program.ts";
import type { Environment } from "./environment.ts";

/** The program on the real machine: host clock, host randomness. */
export const up: Program["up"] = async (options, output) =>
  (await import("./up.ts")).up(options, output, hostEnvironment(output));

export const part: Program["part"] = async (name, options, output) =>
  (await import("./part.ts")).runPart(name, options, { output, base: hostEnvironment(output) });

function hostEnvironment(output: ProgramOutput): Omit<Environment, "progress"> {
  return {
    clock: systemClock,
    random: systemRandom,
    log: createLogger({
      clock: systemClock,
      level: (process.env.WHERRY_LOG ?? "info") as "info",
      write: (line) => output.log(line),
    }),
    spans: new SpanRing({ clock: systemClock, random: systemRandom }),
    metrics: new Metrics(),
  };
}
