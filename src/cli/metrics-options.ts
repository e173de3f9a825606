import type { MetricsRestrictions } from "../base/metrics.ts";
import { CommandError, grouped, type Invocation } from "./command.ts";
import { text } from "./defaults.ts";
import { list, texts } from "./option-values.ts";

/** The minor version before this one: metrics that it hid could still be shown. There are none. */
const BEFORE = "1.35";
const METRIC_AND_LABEL = /^([a-zA-Z_:][a-zA-Z0-9_:]*),([a-zA-Z_][a-zA-Z0-9_]*)=(.*)$/s;

/** Which metrics there are, under upstream's flags. */
export const metricsOptions = grouped("Metrics", {
  "disabled-metrics": {
    type: "string",
    value: "LIST",
    isRepeatable: true,
    description: "names of metrics that are not told",
  },
  "allow-metric-labels": {
    type: "string",
    value: "METRIC,LABEL=VALUES",
    isRepeatable: true,
    description: "values of a metric's label; any other is told as unexpected",
  },
  "show-hidden-metrics-for-version": {
    type: "string",
    value: "VERSION",
    description: `${BEFORE}: metrics that went out of use in that version (none did)`,
  },
});

/** Undefined when all are to be told as they are. @throws CommandError on values that cannot be */
export function metricsOf(invocation: Invocation): MetricsRestrictions | undefined {
  const shown = text(invocation, "show-hidden-metrics-for-version") ?? "";
  if (shown !== "" && shown !== BEFORE) {
    throw new CommandError(
      `--show-hidden-metrics-for-version must be omitted or have the value '${BEFORE}'. Only the previous minor version is allowed`,
      2,
    );
  }
  const disabled = list(invocation, "disabled-metrics") ?? [];
  const given = texts(invocation, "allow-metric-labels") ?? [];
  if (disabled.length === 0 && given.length === 0) return undefined;
  const allowed = new Map<string, Map<string, ReadonlySet<string>>>();
  for (const pair of given) {
    const [, metric, label, values] = METRIC_AND_LABEL.exec(pair) ?? [];
    if (metric === undefined || label === undefined || values === undefined) {
      throw new CommandError(
        `--allow-metric-labels must have a list of kv pair with format metricName,labelName=labelValue,labelValue,..., not "${pair}"`,
        2,
      );
    }
    const labels = allowed.get(metric) ?? new Map<string, ReadonlySet<string>>();
    labels.set(label, new Set(values.split(",")));
    allowed.set(metric, labels);
  }
  return { disabled: new Set(disabled), allowed };
}
