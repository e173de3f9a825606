import type { Probe } from "../../../api/generated/core/v1.ts";
import type { Clock } from "../../../base/clock.ts";
import type { AnyContainer } from "../../pods/pod.ts";
import type { Prober, ProbeTarget } from "../../probes/prober.ts";
import type { RuntimeService } from "../runtime.ts";
import { type PodRule, type Simulation, said } from "./simulation.ts";

export interface SimulatedProberOptions {
  readonly runtime: Pick<RuntimeService, "containerStatus">;
  readonly clock: Clock;
  readonly simulation: Simulation;
}

/** Probes of containers that do not really run: they succeed, unless the simulation says otherwise. */
export function createSimulatedProber(options: SimulatedProberOptions): Prober {
  return new SimulatedProber(options);
}

class SimulatedProber implements Prober {
  readonly #options: SimulatedProberOptions;

  constructor(options: SimulatedProberOptions) {
    this.#options = options;
  }

  async probe(probe: Probe, { pod, container, containerId }: ProbeTarget) {
    const { runtime, clock, simulation } = this.#options;
    const { namespace = "", labels = {} } = pod.metadata ?? {};
    const rule = said(simulation, { namespace, labels, image: container.image ?? "" }, "probes");
    const wanted = rule?.[typeOf(probe, container)];
    if (wanted === undefined) return { success: true, output: "" };
    const { startedAtMs } = await runtime.containerStatus(containerId);
    const ageMs = clock.now() - startedAtMs;
    const fails = ageMs < (wanted.failsBeforeMs ?? 0) || ageMs >= (wanted.failsAfterMs ?? Number.POSITIVE_INFINITY);
    return fails ? { success: false, output: "the simulation says so" } : { success: true, output: "" };
  }
}

function typeOf(probe: Probe, container: AnyContainer): keyof NonNullable<PodRule["probes"]> {
  if (probe === container.startupProbe) return "startup";
  return probe === container.livenessProbe ? "liveness" : "readiness";
}
