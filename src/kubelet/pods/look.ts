import type { PodDependencies } from "./dependencies.ts";
import { endPod } from "./end-pod.ts";
import { identityOf } from "./pod.ts";
import { activeDeadlineMs, isEnding, type PodRecord, publishStatus } from "./pod-record.ts";
import { noteProgress } from "./resizing.ts";
import { syncPod } from "./sync-pod.ts";

/** Volumes follow changes of what they show within this time (upstream: its sync period of a minute). */
const REFRESH_MS = 60_000;

export interface LookResult {
  /** Nothing of the pod is left on this node. */
  readonly removed: boolean;
  /** Wall time at which to look again; undefined when only something new can change anything. */
  readonly againAtMs: number | undefined;
}

/** One look at a pod: bring it up, or to its end. */
export async function lookAtPod(
  record: PodRecord,
  signal: AbortSignal,
  dependencies: PodDependencies,
): Promise<LookResult> {
  checkDeadline(record, dependencies);
  if (!isEnding(record) && !record.finished) {
    await refreshVolumes(record, dependencies);
    noteProgress(record, dependencies);
    const { pod } = record;
    const onProgress = () => publishStatus(record, dependencies);
    const result = await syncPod({ pod, memory: record, signal, onProgress }, dependencies);
    record.finished = result.finished;
    noteProgress(record, dependencies);
    // Where nothing is written they are made anew for nothing, whenever a container starts.
    if (dependencies.files.keepsNothing === true) record.volumes = undefined;
    publishStatus(record, dependencies, record.finished);
    if (!record.finished) return { removed: false, againAtMs: nextLookMs(record, result.againAtMs, dependencies) };
  }
  return { removed: await endPod(record, signal, dependencies), againAtMs: undefined };
}

function checkDeadline(record: PodRecord, { clock, events }: PodDependencies): void {
  const deadline = activeDeadlineMs(record);
  if (deadline === undefined || clock.now() < deadline) return;
  const reason = "DeadlineExceeded";
  const message = "Pod was active on the node longer than the specified deadline";
  record.verdict = { reason, message };
  events.event(record.pod, { type: "Normal", reason, message });
}

async function refreshVolumes(record: PodRecord, dependencies: PodDependencies): Promise<void> {
  const { cache, clock, volumes } = dependencies;
  const { pod } = record;
  if (record.volumes === undefined && cache.get(identityOf(pod).uid).containers.length === 0) return;
  const isDue = record.refreshWanted || clock.monotonic() - record.refreshedMs >= REFRESH_MS;
  if (!isDue || !volumes.needRefresh(pod)) return;
  record.refreshWanted = false;
  record.refreshedMs = clock.monotonic();
  publishStatus(record, dependencies);
  record.volumes = await volumes.setUp(pod);
}

/** The earliest of: what the sync asked for, the next refresh of volumes, the pod's deadline. */
export function nextLookMs(
  record: PodRecord,
  wantedMs: number | undefined,
  { clock, volumes }: PodDependencies,
): number | undefined {
  const times = wantedMs === undefined ? [] : [wantedMs];
  if (volumes.needRefresh(record.pod) && !record.finished) {
    times.push(clock.now() + record.refreshedMs + REFRESH_MS - clock.monotonic());
  }
  const deadline = activeDeadlineMs(record);
  if (deadline !== undefined) times.push(deadline);
  return times.length === 0 ? undefined : Math.min(...times);
}
