import type { Metrics } from "../base/metrics.ts";

/** What kube-scheduler counts, under its names. */
export interface SchedulerMetrics {
  /** A search for a node has ended. */
  searched(seconds: number): void;
  /** An attempt has ended, its binding included. */
  attempted(attempt: Attempt): void;
  /** Preemption was tried. */
  preempted(): void;
  /** Looks up sizes whenever somebody asks for the numbers; answers how to end that. */
  follow(sizes: () => SchedulerSizes): () => void;
}

export interface Attempt {
  readonly result: "scheduled" | "unschedulable" | "error";
  readonly seconds: number;
  /** With this one. */
  readonly attempts: number;
  /** Since the pod first came. */
  readonly sinceFirstSeconds: number;
}

export interface SchedulerSizes {
  readonly active: number;
  readonly backingOff: number;
  readonly unschedulable: number;
  readonly gated: number;
  readonly nodes: number;
  readonly pods: number;
  readonly assumedPods: number;
}

/** `count` bounds, each `factor` times the one before. */
const bounds = (first: number, factor: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first * factor ** index);
const SECONDS = bounds(0.001, 2, 15);
/** A pod's attempts are told apart up to here (upstream's getAttemptsLabel). */
const MOST_ATTEMPTS = 15;

/** @param profile name of the scheduler that pods choose */
export function schedulerMetrics(metrics: Metrics, profile: string): SchedulerMetrics {
  const labelNames = ["result", "profile"];
  const attempts = metrics.counter(
    "scheduler_schedule_attempts_total",
    "Number of attempts to schedule pods, by the result. 'unschedulable' means a pod could not be scheduled, while 'error' means an internal scheduler problem.",
    labelNames,
  );
  const durations = metrics.histogram(
    "scheduler_scheduling_attempt_duration_seconds",
    "Scheduling attempt latency in seconds (scheduling algorithm + binding)",
    { labelNames, buckets: SECONDS },
  );
  const algorithm = metrics
    .histogram("scheduler_scheduling_algorithm_duration_seconds", "Scheduling algorithm latency in seconds", {
      buckets: SECONDS,
    })
    .labels();
  const needed = metrics
    .histogram("scheduler_pod_scheduling_attempts", "Number of attempts to successfully schedule a pod.", {
      buckets: bounds(1, 2, 5),
    })
    .labels();
  const whole = metrics.histogram(
    "scheduler_pod_scheduling_sli_duration_seconds",
    "E2e latency for a pod being scheduled, from the time the pod enters the scheduling queue and might involve multiple scheduling attempts.",
    { labelNames: ["attempts"], buckets: bounds(0.01, 2, 20) },
  );
  const preemptions = metrics
    .counter("scheduler_preemption_attempts_total", "Total preemption attempts in the cluster till now")
    .labels();
  return {
    searched: (seconds) => algorithm.observe(seconds),
    attempted({ result, seconds, attempts: count, sinceFirstSeconds }) {
      attempts.labels(result, profile).inc();
      durations.labels(result, profile).observe(seconds);
      if (result !== "scheduled") return;
      needed.observe(count);
      whole.labels(count > MOST_ATTEMPTS ? `${MOST_ATTEMPTS}+` : String(count)).observe(sinceFirstSeconds);
    },
    preempted: () => preemptions.inc(),
    follow: (sizes) => followSizes(metrics, sizes),
  };
}

function followSizes(metrics: Metrics, sizes: () => SchedulerSizes): () => void {
  const pending = metrics.gauge(
    "scheduler_pending_pods",
    "Number of pending pods, by the queue type. 'active' means number of pods in activeQ; 'backoff' means number of pods in backoffQ; 'unschedulable' means number of pods in unschedulablePods that the scheduler attempted to schedule and failed; 'gated' is the number of unschedulable pods that the scheduler never attempted to schedule because they are gated.",
    ["queue"],
  );
  const cache = metrics.gauge(
    "scheduler_cache_size",
    "Number of nodes, pods, and assumed (bound) pods in the scheduler cache.",
    ["type"],
  );
  const stop = metrics.onCollect(() => {
    const now = sizes();
    const queues = { active: now.active, backoff: now.backingOff, unschedulable: now.unschedulable, gated: now.gated };
    for (const [queue, size] of Object.entries(queues)) pending.labels(queue).set(size);
    const kept = { nodes: now.nodes, pods: now.pods, assumed_pods: now.assumedPods };
    for (const [type, size] of Object.entries(kept)) cache.labels(type).set(size);
  });
  return () => {
    stop();
    pending.clear();
    cache.clear();
  };
}
