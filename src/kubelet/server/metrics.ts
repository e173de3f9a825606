import type { Pod } from "../../api/generated/core/v1.ts";
import { Metrics } from "../../base/metrics.ts";
import type { ContainerStats } from "../cri/state.ts";
import { CONTAINER_NAME_LABEL, podIdentity } from "../labels.ts";

/** What the kubelet's metrics are made of. */
export interface MetricsFacts {
  readonly nodeName: string;
  readonly pods: readonly Pod[];
  readonly containers: readonly ContainerStats[];
  /** Of the machine since it started, and now. */
  readonly node: { readonly cpuSeconds: number; readonly workingSetBytes: number };
}

/** /metrics/resource: what metrics-server reads, under upstream's names. Pure. */
export function resourceMetrics({ pods, containers, node }: MetricsFacts): string {
  const metrics = new Metrics();
  const of = ["container", "namespace", "pod"];
  const cpu = metrics.counter(
    "container_cpu_usage_seconds_total",
    "Cumulative cpu time consumed by the container in core-seconds",
    of,
  );
  const memory = metrics.gauge(
    "container_memory_working_set_bytes",
    "Current working set of the container in bytes",
    of,
  );
  const started = metrics.gauge(
    "container_start_time_seconds",
    "Start time of the container since unix epoch in seconds",
    of,
  );
  const podCpu = metrics.counter(
    "pod_cpu_usage_seconds_total",
    "Cumulative cpu time consumed by the pod in core-seconds",
    of.slice(1),
  );
  const podMemory = metrics.gauge(
    "pod_memory_working_set_bytes",
    "Current working set of the pod in bytes",
    of.slice(1),
  );
  const podsByUid = new Map(pods.map((pod) => [pod.metadata?.uid ?? "", pod]));
  const podBytes = new Map<string, number>();
  for (const stats of containers) {
    const uid = podIdentity(stats.labels)?.uid ?? "";
    const pod = podsByUid.get(uid);
    if (pod === undefined) continue;
    const { name = "", namespace = "" } = pod.metadata ?? {};
    const container = stats.labels[CONTAINER_NAME_LABEL] ?? "";
    const seconds = (stats.cpu?.usageCoreNanoSeconds ?? 0) / 1e9;
    const bytes = stats.memory?.workingSetBytes ?? 0;
    cpu.labels(container, namespace, name).inc(seconds);
    memory.labels(container, namespace, name).set(bytes);
    podCpu.labels(namespace, name).inc(seconds);
    podBytes.set(uid, (podBytes.get(uid) ?? 0) + bytes);
    podMemory.labels(namespace, name).set(podBytes.get(uid)!);
    const startedAt = pod.status?.containerStatuses?.find((status) => status.name === container)?.state?.running
      ?.startedAt;
    if (startedAt) started.labels(container, namespace, name).set(Date.parse(startedAt) / 1000);
  }
  metrics
    .counter("node_cpu_usage_seconds_total", "Cumulative cpu time consumed by the node in core-seconds")
    .labels()
    .inc(node.cpuSeconds);
  metrics
    .gauge("node_memory_working_set_bytes", "Current working set of the node in bytes")
    .labels()
    .set(node.workingSetBytes);
  metrics
    .gauge("resource_scrape_error", "1 if there was an error while getting container metrics, 0 otherwise")
    .labels()
    .set(0);
  return metrics.text();
}

/** /metrics: what runs on the node. Pure. */
export function kubeletMetrics({ nodeName, pods, containers }: MetricsFacts): string {
  const metrics = new Metrics();
  metrics.gauge("kubelet_node_name", "The node's name. The count is always 1.", ["node"]).labels(nodeName).set(1);
  metrics
    .gauge("kubelet_running_pods", "Number of pods that have a running pod sandbox")
    .labels()
    .set(pods.filter(({ status }) => status?.phase === "Running").length);
  const running = metrics.gauge("kubelet_running_containers", "Number of containers currently running", [
    "container_state",
  ]);
  running.labels("running").set(containers.length);
  return metrics.text();
}
