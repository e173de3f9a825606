import type { Pod } from "../../api/generated/core/v1.ts";
import { formatTime } from "../../base/clock.ts";
import type { ContainerStats, FilesystemUsage } from "../cri/state.ts";
import { CONTAINER_NAME_LABEL, podIdentity } from "../labels.ts";

/** What /stats/summary tells, as upstream's stats v1alpha1 as far as the runtime knows it. Pure. */
export function statsSummary(facts: {
  nodeName: string;
  /** When the machine started. */
  bootedMs: number;
  pods: readonly Pod[];
  containers: readonly ContainerStats[];
  imageFilesystems: readonly FilesystemUsage[];
}): object {
  const byPod = new Map<string, ContainerStats[]>();
  for (const stats of facts.containers) {
    const uid = podIdentity(stats.labels)?.uid;
    if (uid === undefined) continue;
    const known = byPod.get(uid);
    if (known === undefined) byPod.set(uid, [stats]);
    else known.push(stats);
  }
  const [image] = facts.imageFilesystems;
  const pods = facts.pods.flatMap((pod) => {
    const containers = byPod.get(pod.metadata?.uid ?? "");
    return containers === undefined ? [] : [podStats(pod, containers)];
  });
  return {
    node: {
      nodeName: facts.nodeName,
      startTime: formatTime(facts.bootedMs),
      ...(image !== undefined && { runtime: { imageFs: filesystem(image) } }),
    },
    pods,
  };
}

function podStats(pod: Pod, containers: readonly ContainerStats[]): object {
  const { name = "", namespace = "", uid = "" } = pod.metadata ?? {};
  const started = new Map(
    (pod.status?.containerStatuses ?? []).map((status) => [status.name, status.state?.running?.startedAt] as const),
  );
  const parts = containers.map((stats) => {
    const container = stats.labels[CONTAINER_NAME_LABEL] ?? "";
    return { name: container, startTime: started.get(container) ?? pod.status?.startTime ?? null, ...usage(stats) };
  });
  const total = (pick: (stats: ContainerStats) => number | undefined): number =>
    containers.reduce((sum, stats) => sum + (pick(stats) ?? 0), 0);
  const latestMs = Math.max(...containers.map((stats) => stats.cpu?.timestampMs ?? 0));
  return {
    podRef: { name, namespace, uid },
    startTime: pod.status?.startTime ?? null,
    containers: parts,
    cpu: { time: formatTime(latestMs), usageCoreNanoSeconds: total((stats) => stats.cpu?.usageCoreNanoSeconds) },
    memory: {
      time: formatTime(latestMs),
      usageBytes: total((stats) => stats.memory?.usageBytes),
      workingSetBytes: total((stats) => stats.memory?.workingSetBytes),
      rssBytes: total((stats) => stats.memory?.rssBytes),
    },
  };
}

function usage({ cpu, memory, writableLayer }: ContainerStats): object {
  return {
    ...(cpu !== undefined && {
      cpu: { time: formatTime(cpu.timestampMs), usageCoreNanoSeconds: cpu.usageCoreNanoSeconds },
    }),
    ...(memory !== undefined && {
      memory: {
        time: formatTime(memory.timestampMs),
        usageBytes: memory.usageBytes,
        workingSetBytes: memory.workingSetBytes,
        rssBytes: memory.rssBytes,
        pageFaults: memory.pageFaults,
        majorPageFaults: memory.majorPageFaults,
      },
    }),
    ...(writableLayer !== undefined && { rootfs: filesystem(writableLayer) }),
  };
}

function filesystem({ timestampMs, usedBytes, inodesUsed }: FilesystemUsage): object {
  return { time: formatTime(timestampMs), usedBytes, inodesUsed };
}
