import type { Pod } from "../../api/generated/core/v1.ts";
import { podRequests } from "../pods/resources.ts";
import { resourceOf, type Signal } from "./signals.ts";
import { type DiskParts, diskBytes, diskInodes, type UsageOf } from "./usage.ts";

/**
 * Pods in the order in which they have to go: who uses more than it asked for first, then who matters less, then who uses
 * most beyond what it asked for. One whose use is not known goes first of all. Pure; as upstream ranks.
 *
 * @param options.ownImageDisk images and containers' layers lie on a disk of their own
 */
export function rankPods(
  pods: readonly Pod[],
  signal: Signal,
  options: { readonly usageOf: UsageOf; readonly ownImageDisk: boolean },
): Pod[] {
  const judged = pods.map((pod) => ({ pod, excess: excessOf(pod, signal, options) }));
  judged.sort((one, other) => {
    if (signal !== "pid.available") {
      const byKind = kindOf(one.excess) - kindOf(other.excess);
      if (byKind !== 0) return byKind;
    }
    const byPriority = (one.pod.spec?.priority ?? 0) - (other.pod.spec?.priority ?? 0);
    return byPriority !== 0 ? byPriority : (other.excess ?? 0) - (one.excess ?? 0);
  });
  return judged.map(({ pod }) => pod);
}

/** Not known, beyond what it asked for, or within it. */
function kindOf(excess: number | undefined): number {
  return excess === undefined ? 0 : excess > 0 ? 1 : 2;
}

/** How much more a pod uses than it asked for; undefined when its use is not known. */
function excessOf(
  pod: Pod,
  signal: Signal,
  { usageOf, ownImageDisk }: { usageOf: UsageOf; ownImageDisk: boolean },
): number | undefined {
  const usage = usageOf(pod);
  if (usage === undefined) return undefined;
  const requests = podRequests(pod);
  const parts = diskParts(signal, ownImageDisk);
  switch (resourceOf(signal)) {
    case "memory":
      return usage.memoryBytes - (requests.memory ?? 0);
    case "ephemeral-storage":
      return diskBytes(usage, pod, parts) - (requests["ephemeral-storage"] ?? 0);
    case "inodes":
      return diskInodes(usage, parts);
    case "pids":
      return 0;
  }
}

/** What lies on the disk that a signal is about. */
export function diskParts(signal: Signal, ownImageDisk: boolean): DiskParts {
  if (!ownImageDisk) return { layers: true, logsAndVolumes: true };
  const isImageDisk = signal.startsWith("imagefs.");
  return { layers: isImageDisk, logsAndVolumes: !isImageDisk };
}
