import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/generated/core/v1.ts";
import type { ContainerStats } from "../cri/state.ts";
import { kubeletMetrics, resourceMetrics } from "./metrics.ts";

const pod: Pod = {
  metadata: { name: "web", namespace: "shop", uid: "u1" },
  status: {
    phase: "Running",
    containerStatuses: [
      {
        name: "app",
        image: "",
        imageID: "",
        ready: true,
        restartCount: 0,
        state: { running: { startedAt: "2026-01-01T00:00:10Z" } },
      },
    ],
  },
};

function stats(container: string, uid: string, seconds: number, bytes: number): ContainerStats {
  return {
    labels: {
      "io.kubernetes.container.name": container,
      "io.kubernetes.pod.name": "web",
      "io.kubernetes.pod.namespace": "shop",
      "io.kubernetes.pod.uid": uid,
    },
    cpu: { timestampMs: 0, usageCoreNanoSeconds: seconds * 1e9 },
    memory: { timestampMs: 0, workingSetBytes: bytes },
  } as unknown as ContainerStats;
}

const facts = {
  nodeName: "node-a",
  pods: [pod],
  containers: [stats("app", "u1", 2, 100), stats("side", "u1", 1, 50), stats("old", "gone", 9, 9)],
  node: { cpuSeconds: 77, workingSetBytes: 1000 },
};

test("resource metrics: containers, their pod's sum, the node; nothing of pods that are gone", () => {
  const lines = resourceMetrics(facts)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  assert.deepEqual(lines, [
    'container_cpu_usage_seconds_total{container="app",namespace="shop",pod="web"} 2',
    'container_cpu_usage_seconds_total{container="side",namespace="shop",pod="web"} 1',
    'container_memory_working_set_bytes{container="app",namespace="shop",pod="web"} 100',
    'container_memory_working_set_bytes{container="side",namespace="shop",pod="web"} 50',
    'container_start_time_seconds{container="app",namespace="shop",pod="web"} 1767225610',
    "node_cpu_usage_seconds_total 77",
    "node_memory_working_set_bytes 1000",
    'pod_cpu_usage_seconds_total{namespace="shop",pod="web"} 3',
    'pod_memory_working_set_bytes{namespace="shop",pod="web"} 150',
    "resource_scrape_error 0",
  ]);
});

test("the kubelet's own metrics", () => {
  const text = kubeletMetrics(facts);
  assert.match(text, /^kubelet_node_name\{node="node-a"\} 1$/m);
  assert.match(text, /^kubelet_running_pods 1$/m);
  assert.match(text, /^kubelet_running_containers\{container_state="running"\} 3$/m);
});
