import type { Clock } from "../../base/clock.ts";
import type { Histogram, Metrics } from "../../base/metrics.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission/admission.ts";
import type { AdmissionChain } from "../admission/chain.ts";

const SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 2.5];

type Step = (attributes: AdmissionAttributes) => Promise<void> | void;
type SeriesOf = (operation: string, rejected: string) => Histogram;

/** The same plugins, with how long each took and whether it refused. */
export function measuredPlugins(
  plugins: readonly AdmissionPlugin[],
  metrics: Metrics,
  clock: Clock,
): readonly AdmissionPlugin[] {
  const family = metrics.histogram(
    "apiserver_admission_controller_admission_duration_seconds",
    "Admission controller latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).",
    { labelNames: ["name", "type", "operation", "rejected"], buckets: SECONDS },
  );
  const measure = (plugin: AdmissionPlugin, type: "admit" | "validate", step: Step | undefined): Step | undefined =>
    step === undefined
      ? undefined
      : measured(step.bind(plugin), clock, (operation, rejected) =>
          family.labels(plugin.name, type, operation, rejected),
        );
  return plugins.map((plugin) => {
    const admit = measure(plugin, "admit", plugin.admit);
    const validate = measure(plugin, "validate", plugin.validate);
    return {
      name: plugin.name,
      handles: plugin.handles.bind(plugin),
      ...(admit === undefined ? {} : { admit }),
      ...(validate === undefined ? {} : { validate }),
    };
  });
}

/** The same chain, with how long each of its two steps took. */
export function measuredChain(chain: AdmissionChain, metrics: Metrics, clock: Clock): AdmissionChain {
  const family = metrics.histogram(
    "apiserver_admission_step_admission_duration_seconds",
    "Admission sub-step latency histogram in seconds, broken out for each operation and API resource and step type (validate or admit).",
    { labelNames: ["type", "operation", "rejected"], buckets: SECONDS },
  );
  const step = (type: "admit" | "validate"): ((attributes: AdmissionAttributes) => Promise<void>) => {
    const run = measured(
      (attributes) => chain[type](attributes),
      clock,
      (operation, rejected) => family.labels(type, operation, rejected),
    );
    return async (attributes) => run(attributes);
  };
  return { ...chain, admit: step("admit"), validate: step("validate") };
}

function measured(step: Step, clock: Clock, seriesOf: SeriesOf): Step {
  // There are few operations, and this is asked dozens of times a request.
  const admitted = new Map<string, Histogram>();
  const admittedSeries = (operation: string): Histogram => {
    let series = admitted.get(operation);
    if (series === undefined) admitted.set(operation, (series = seriesOf(operation, "false")));
    return series;
  };
  const note = ({ operation }: AdmissionAttributes, startMs: number, isRejected: boolean): void => {
    const series = isRejected ? seriesOf(operation, "true") : admittedSeries(operation);
    series.observe((clock.monotonic() - startMs) / 1000);
  };
  const noteLater = async (attributes: AdmissionAttributes, startMs: number, going: Promise<void>): Promise<void> => {
    try {
      await going;
    } catch (error) {
      note(attributes, startMs, true);
      throw error;
    }
    note(attributes, startMs, false);
  };
  return (attributes) => {
    const startMs = clock.monotonic();
    let going: Promise<void> | void;
    try {
      going = step(attributes);
    } catch (error) {
      note(attributes, startMs, true);
      throw error;
    }
    if (going !== undefined) return noteLater(attributes, startMs, going);
    note(attributes, startMs, false);
  };
}
