import type { Clock } from "../../base/clock.ts";
import type { Histogram, Metrics } from "../../base/metrics.ts";
import type { AdmissionMeter, Took } from "../admission/chain.ts";

const SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 2.5];

/** How long each admission plugin and each of the two steps took, and whether it refused. */
export function admissionMeter(metrics: Metrics, clock: Clock): AdmissionMeter {
  const plugins = metrics.histogram(
    "apiserver_admission_controller_admission_duration_seconds",
    "Admission controller latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).",
    { labelNames: ["name", "type", "operation", "rejected"], buckets: SECONDS },
  );
  const steps = metrics.histogram(
    "apiserver_admission_step_admission_duration_seconds",
    "Admission sub-step latency histogram in seconds, broken out for each operation and API resource and step type (validate or admit).",
    { labelNames: ["type", "operation", "rejected"], buckets: SECONDS },
  );
  return {
    now: () => clock.monotonic(),
    plugin: (name, step) => took(clock, (operation, rejected) => plugins.labels(name, step, operation, rejected)),
    step: (step) => took(clock, (operation, rejected) => steps.labels(step, operation, rejected)),
  };
}

function took(clock: Clock, seriesOf: (operation: string, rejected: string) => Histogram): Took {
  // There are few operations, and this is asked dozens of times a request.
  const admitted = new Map<string, Histogram>();
  const admittedSeries = (operation: string): Histogram => {
    let series = admitted.get(operation);
    if (series === undefined) admitted.set(operation, (series = seriesOf(operation, "false")));
    return series;
  };
  return (operation, sinceMs, isRejected) => {
    const nowMs = clock.monotonic();
    const series = isRejected ? seriesOf(operation, "true") : admittedSeries(operation);
    series.observe((nowMs - sinceMs) / 1000);
    return nowMs;
  };
}
