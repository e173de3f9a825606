import { systemClock } from "../base/clock.ts";
import { createLogger } from "../base/log.ts";
import { Metrics } from "../base/metrics.ts";
import { systemRandom } from "../base/random.ts";
import { SpanRing } from "../base/trace.ts";
import type { ProgramOutput } from "../cli/program.ts";
import type { Environment } from "./environment.ts";

/** Host clock, host randomness. */
export function hostEnvironment(output: Pick<ProgramOutput, "log">): Omit<Environment, "progress"> {
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
