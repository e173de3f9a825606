import { readdirSync, readFileSync } from "node:fs";
import { type ELDHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { Gauge, Metrics } from "../../base/metrics.ts";

/**
 * What Prometheus' client libraries tell of every process, and of Node besides, looked up when somebody asks. The event
 * loop's delay is measured from the first question on, so that a cluster which nobody scrapes pays nothing.
 */
export function processMetrics(metrics: Metrics): void {
  const gauge = (name: string, help: string): Gauge => metrics.gauge(name, help).labels();
  const cpu = metrics.counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.").labels();
  const started = gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.");
  const resident = gauge("process_resident_memory_bytes", "Resident memory size in bytes.");
  const files = gauge("process_open_fds", "Number of open file descriptors.");
  const filesMax = gauge("process_max_fds", "Maximum number of open file descriptors.");
  const heapUsed = gauge("nodejs_heap_size_used_bytes", "Process heap size used from Node.js in bytes.");
  const heapTotal = gauge("nodejs_heap_size_total_bytes", "Process heap size from Node.js in bytes.");
  const heapLimit = gauge("nodejs_heap_size_limit_bytes", "Most that the heap may grow to, in bytes.");
  const external = gauge("nodejs_external_memory_bytes", "Node.js external memory size in bytes.");
  metrics.gauge("nodejs_version_info", "Node.js version info.", ["version"]).labels(process.version).set(1);
  started.set(performance.timeOrigin / 1000);
  const delay = eventLoopDelay(metrics);
  let counted = 0;
  metrics.onCollect(() => {
    const { user, system } = process.cpuUsage();
    cpu.inc((user + system) / 1e6 - counted);
    counted = (user + system) / 1e6;
    const memory = process.memoryUsage();
    resident.set(memory.rss);
    heapUsed.set(memory.heapUsed);
    heapTotal.set(memory.heapTotal);
    external.set(memory.external);
    heapLimit.set(getHeapStatistics().heap_size_limit);
    files.set(openFiles());
    filesMax.set(maximalFiles());
    delay();
  });
}

/** Percentiles between two questions. */
function eventLoopDelay(metrics: Metrics): () => void {
  const seconds = metrics.gauge("nodejs_eventloop_lag_seconds", "Delay of the event loop since the last scrape.", [
    "quantile",
  ]);
  let monitor: ELDHistogram | undefined;
  return () => {
    if (monitor === undefined) {
      monitor = monitorEventLoopDelay({ resolution: 20 });
      monitor.enable();
      return;
    }
    for (const percent of [50, 90, 99, 100])
      seconds.labels(String(percent / 100)).set(monitor.percentile(percent) / 1e9);
    monitor.reset();
  };
}

function openFiles(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}

function maximalFiles(): number {
  try {
    return Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
