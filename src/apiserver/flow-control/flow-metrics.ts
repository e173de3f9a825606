import type { Counter, Histogram, Metrics } from "../../base/metrics.ts";
import type { PriorityLevel } from "./priority-level.ts";

const WAIT_SECONDS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
const RUN_SECONDS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];

/** What is counted of the flows of one schema. */
export interface SchemaCounts {
  readonly dispatched: Counter;
  readonly waited: Histogram;
  readonly waitedInVain: Histogram;
  readonly ran: Histogram;
  rejected(reason: string): Counter;
}

/** Counts for a schema and its level, and gauges that are looked up when somebody asks. */
export function flowMetrics(
  metrics: Metrics,
  levels: () => Iterable<PriorityLevel>,
): (schema: string, level: string) => SchemaCounts {
  const flow = ["priority_level", "flow_schema"];
  const dispatched = metrics.counter(
    "apiserver_flowcontrol_dispatched_requests_total",
    "Number of requests executed by API Priority and Fairness subsystem",
    flow,
  );
  const rejected = metrics.counter(
    "apiserver_flowcontrol_rejected_requests_total",
    "Number of requests rejected by API Priority and Fairness subsystem",
    [...flow, "reason"],
  );
  const waited = metrics.histogram(
    "apiserver_flowcontrol_request_wait_duration_seconds",
    "Length of time a request spent waiting in its queue",
    { labelNames: [...flow, "execute"], buckets: WAIT_SECONDS },
  );
  const ran = metrics.histogram(
    "apiserver_flowcontrol_request_execution_seconds",
    "Duration of initial stage (for a WATCH) or any (for a non-WATCH) stage of request execution in the API Priority and Fairness subsystem",
    { labelNames: flow, buckets: RUN_SECONDS },
  );
  levelGauges(metrics, levels);
  return (schema, level) => ({
    dispatched: dispatched.labels(level, schema),
    waited: waited.labels(level, schema, "true"),
    waitedInVain: waited.labels(level, schema, "false"),
    ran: ran.labels(level, schema),
    rejected: (reason) => rejected.labels(level, schema, reason),
  });
}

const GAUGES: readonly [name: string, help: string, value: (level: PriorityLevel) => number][] = [
  ["current_inqueue_requests", "Number of requests currently pending in queues", ({ queueSet }) => queueSet.waiting],
  [
    "current_executing_requests",
    "Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage",
    (level) => level.executing,
  ],
  [
    "current_executing_seats",
    "Concurrency (number of seats) occupied by the currently executing requests in all stages",
    (level) => level.seatsInUse,
  ],
  [
    "current_limit_seats",
    "current derived number of execution seats available to each priority level",
    (level) => level.queueSet.limit,
  ],
  [
    "nominal_limit_seats",
    "Nominal number of execution seats configured for each priority level",
    ({ limits }) => limits.nominal,
  ],
  [
    "lower_limit_seats",
    "Configured lower bound on number of execution seats available to each priority level",
    ({ limits }) => limits.minimum,
  ],
  [
    "upper_limit_seats",
    "Configured upper bound on number of execution seats available to each priority level",
    ({ limits }) => limits.maximum,
  ],
  [
    "demand_seats_high_watermark",
    "High watermark, over last adjustment period, of demand_seats",
    ({ statistics }) => statistics.highest,
  ],
  [
    "demand_seats_average",
    "Time-weighted average, over last adjustment period, of demand_seats",
    ({ statistics }) => statistics.average,
  ],
  [
    "demand_seats_stdev",
    "Time-weighted standard deviation, over last adjustment period, of demand_seats",
    ({ statistics }) => statistics.deviation,
  ],
  ["demand_seats_smoothed", "Smoothed seat demands", (level) => level.smoothed],
  ["target_seats", "Seat allocation targets", (level) => level.target],
];

function levelGauges(metrics: Metrics, levels: () => Iterable<PriorityLevel>): void {
  const families = GAUGES.map(([name, help, value]) => ({
    value,
    family: metrics.gauge(`apiserver_flowcontrol_${name}`, help, ["priority_level"]),
  }));
  metrics.onCollect(() => {
    for (const { family, value } of families) {
      family.clear();
      for (const level of levels()) family.labels(level.name).set(value(level));
    }
  });
}
