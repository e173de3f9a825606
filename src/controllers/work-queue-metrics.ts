import type { Clock } from "../base/clock.ts";
import type { Metrics } from "../base/metrics.ts";
import type { WorkQueue, WorkQueueObserver } from "./work-queue.ts";

const SECONDS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10];

/** What client-go counts of its work queues, under its names; `name` is the controller's. */
export function workQueueMetrics(
  metrics: Metrics,
  clock: Clock,
): (name: string, queue: () => WorkQueue) => WorkQueueObserver {
  const labelNames = ["name"];
  const adds = metrics.counter("workqueue_adds_total", "Total number of adds handled by workqueue", labelNames);
  const retries = metrics.counter(
    "workqueue_retries_total",
    "Total number of retries handled by workqueue",
    labelNames,
  );
  const depth = metrics.gauge("workqueue_depth", "Current depth of workqueue", labelNames);
  const waited = metrics.histogram(
    "workqueue_queue_duration_seconds",
    "How long in seconds an item stays in workqueue before being requested.",
    { labelNames, buckets: SECONDS },
  );
  const worked = metrics.histogram(
    "workqueue_work_duration_seconds",
    "How long in seconds processing an item from workqueue takes.",
    { labelNames, buckets: SECONDS },
  );
  const unfinished = metrics.gauge(
    "workqueue_unfinished_work_seconds",
    "How many seconds of work has done that is in progress and hasn't been observed by work_duration.",
    labelNames,
  );
  const longest = metrics.gauge(
    "workqueue_longest_running_processor_seconds",
    "How many seconds has the longest running processor for workqueue been running.",
    labelNames,
  );
  return (name, queue) => {
    const addedMs = new Map<string, number>();
    const takenMs = new Map<string, number>();
    const [added, retried, wait, work] = [
      adds.labels(name),
      retries.labels(name),
      waited.labels(name),
      worked.labels(name),
    ];
    const stop = metrics.onCollect(() => {
      const running = [...takenMs.values()].map((sinceMs) => (clock.monotonic() - sinceMs) / 1000);
      depth.labels(name).set(queue().length);
      unfinished.labels(name).set(running.reduce((sum, seconds) => sum + seconds, 0));
      longest.labels(name).set(Math.max(0, ...running));
    });
    const since = (times: Map<string, number>, key: string): number => {
      const sinceMs = times.get(key) ?? clock.monotonic();
      times.delete(key);
      return (clock.monotonic() - sinceMs) / 1000;
    };
    return {
      added(key) {
        added.inc();
        addedMs.set(key, clock.monotonic());
      },
      taken(key) {
        wait.observe(since(addedMs, key));
        takenMs.set(key, clock.monotonic());
      },
      done: (key) => work.observe(since(takenMs, key)),
      retried: () => retried.inc(),
      stopped() {
        addedMs.clear();
        stop();
      },
    };
  };
}
