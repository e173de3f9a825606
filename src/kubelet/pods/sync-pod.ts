import type { Pod } from "../../api/generated/core/v1.ts";
import { formatDuration } from "../backoff.ts";
import type { PodSandboxStatus } from "../cri/state.ts";
import { ensureVolumeImages } from "../images/volume-images.ts";
import { tryResize } from "../resize/actuate.ts";
import { actualResources, unfinishedContainers } from "../resize/pod-resize.ts";
import { interruptible } from "./abort.ts";
import { podIpOf, podIpsOf, writeEtcHosts } from "./configure-container.ts";
import type { PodDependencies } from "./dependencies.ts";
import { killContainer, replacementGraceSeconds } from "./kill.ts";
import { type PodPlan, planPod } from "./plan.ts";
import { containerFieldPath, findContainer, formatPod, identityOf, type PodContainer } from "./pod.ts";
import { type Preparation, prepareSandbox } from "./prepare.ts";
import { removeSuperfluous } from "./remains.ts";
import { containerName, isRunning, readySandbox } from "./runtime-state.ts";
import { sandboxConfigOf } from "./sandbox.ts";
import { startContainer } from "./start-container.ts";
import { StartError } from "./start-error.ts";
import type { PodMemory, SyncOptions, Trouble } from "./sync-options.ts";

export interface SyncResult {
  /** Nothing of the pod will run again. */
  readonly finished: boolean;
  /** Wall time at which looking again makes sense. */
  readonly againAtMs: number | undefined;
}

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 10_000;

/**
 * Brings a pod closer to what it wants until nothing more can be done now: plan, do, look, plan again. Level-triggered:
 * calling it at any time, as often as one likes, does no harm.
 */
export async function syncPod(options: SyncOptions, dependencies: PodDependencies): Promise<SyncResult> {
  const { pod, memory, signal, onProgress } = options;
  const { cache, clock, crashBackoff, probes } = dependencies;
  const { uid } = identityOf(pod);
  let preparation: Preparation | undefined;
  const allocated = memory.resize?.unsettled;
  for (;;) {
    signal.throwIfAborted();
    const newer = memory.resize?.unsettled;
    // The pod was given other resources since: whoever gave them wants another look, at that pod.
    if (newer !== undefined && newer !== allocated) return { finished: false, againAtMs: undefined };
    watchRunning(pod, dependencies);
    const plan = planPod({
      pod,
      state: cache.get(uid),
      restartWaitUntil: (name, ended) =>
        crashBackoff.waitUntil(backoffKey(uid, name), ended.finishedAtMs || ended.createdAtMs),
      hasStarted: (id, container) => probes.hasStarted(id, container),
      failedProbe: (id) => probes.failedProbe(id),
      ...(memory.resize && { actual: (status, container) => actualResources(status, container, memory.resize) }),
    });
    if (plan.finished) return { finished: true, againAtMs: undefined };
    if (plan.sandbox !== "keep") {
      preparation = await prepareSandbox(plan.sandbox, options, dependencies);
      continue;
    }
    const nowMs = clock.now();
    const start = plan.start.filter(({ container }) => (memory.troubles?.get(container.name)?.retryAtMs ?? 0) <= nowMs);
    noteBackOff(plan, options, dependencies);
    const resizes = mustResize(plan, options, dependencies);
    if (plan.kill.length === 0 && start.length === 0 && !resizes) {
      return { finished: false, againAtMs: nextLook(plan, memory) };
    }
    const acting = act(plan, { start, resizes }, { ...options, preparation }, dependencies);
    preparation = undefined;
    // It takes its time, in which the status can be told as it is.
    onProgress();
    await acting;
  }
}

export const backoffKey = (uid: string, container: string): string => `${uid}_${container}`;

/** Every running container is probed from the moment that the kubelet knows of it. */
export function watchRunning(pod: Pod, dependencies: PodDependencies): void {
  const state = dependencies.cache.get(identityOf(pod).uid);
  const sandbox = readySandbox(state);
  const podIp = podIpOf(pod, sandbox, dependencies);
  for (const status of state.containers) {
    const entry = findContainer(pod, containerName(status));
    if (!isRunning(status)) dependencies.probes.forget(status.id);
    else if (entry !== undefined) {
      const { id, startedAtMs } = status;
      dependencies.probes.containerRuns(pod, entry.container, { id, startedAtMs, podIp });
    }
  }
}

type ActOptions = SyncOptions & { readonly preparation: Preparation | undefined };

async function act(
  plan: PodPlan,
  { start, resizes }: { readonly start: readonly PodContainer[]; readonly resizes: boolean },
  options: ActOptions,
  dependencies: PodDependencies,
): Promise<void> {
  await killPlanned(plan, options, dependencies);
  // Before anything starts: its pod must have room for it.
  const { resize } = options.memory;
  if (resizes && resize !== undefined) await tryResize(options.pod, resize, dependencies);
  options.signal.throwIfAborted();
  const resized = new Set(
    plan.kill.filter(({ because }) => because === "resize").map(({ status }) => containerName(status)),
  );
  for (const entry of start) if (!resized.has(entry.container.name)) countRestart(entry, options, dependencies);
  if (start.length > 0) await startAll(start, options, dependencies);
}

/** Whether the pod lacks something of what is allocated that no restart will give it, or has to have room for such a restart. */
function mustResize(plan: PodPlan, { pod, memory }: SyncOptions, { cache, clock }: PodDependencies): boolean {
  const { resize } = memory;
  if (resize === undefined) return false;
  if (plan.kill.some(({ because }) => because === "resize")) return true;
  if ((resize.retryAtMs ?? 0) > clock.now()) return false;
  const state = cache.get(identityOf(pod).uid);
  if (readySandbox(state) === undefined) return false;
  return resize.unsettled !== undefined || unfinishedContainers(pod, state, resize).some(({ restarts }) => !restarts);
}

async function killPlanned(plan: PodPlan, options: SyncOptions, dependencies: PodDependencies): Promise<void> {
  const { pod, signal, onProgress } = options;
  await Promise.all(
    plan.kill.map(async ({ status, message, because }) => {
      const entry = findContainer(pod, containerName(status));
      const graceSeconds = replacementGraceSeconds(pod, entry, because);
      await killContainer(pod, status, { message, graceSeconds, signal, onProgress }, dependencies);
    }),
  );
}

/** Starts containers together; one with a postStart hook holds up those after it until the hook is done. */
async function startAll(
  entries: readonly PodContainer[],
  options: ActOptions,
  dependencies: PodDependencies,
): Promise<void> {
  const { pod, memory, signal, onProgress, preparation } = options;
  const { uid } = identityOf(pod);
  memory.volumes ??= await dependencies.volumes.setUp(pod);
  const sandbox = readySandbox(dependencies.cache.get(uid)) as PodSandboxStatus;
  const { attempt } = sandbox.metadata;
  const known = preparation?.sandboxConfig.metadata.attempt === attempt ? preparation.sandboxConfig : undefined;
  const sandboxConfig = known ?? (await sandboxConfigOf(pod, attempt, dependencies));
  const prepared = preparation?.containers ?? new Map();
  // What was prepared before the sandbox had its addresses names them nowhere but here.
  const hosts =
    prepared.size === 0 ? Promise.resolve() : writeEtcHosts(pod, podIpsOf(pod, sandbox, dependencies), dependencies);
  hosts.catch(() => {});
  const volumeImages = await interruptible(ensureVolumeImages(pod, sandboxConfig, dependencies.puller), signal);
  const { volumes } = memory;
  const context = { pod, sandbox, sandboxConfig, volumes, volumeImages, prepared, hosts, signal, onProgress };
  const startOne = async (entry: PodContainer): Promise<void> => {
    const { name } = entry.container;
    try {
      await startContainer(entry, context, dependencies);
      memory.troubles?.delete(name);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      noteFailure(name, error, memory, dependencies.clock.now());
      onProgress();
    }
  };
  let together: Promise<void>[] = [];
  for (const entry of entries) {
    together.push(startOne(entry));
    if (entry.container.lifecycle?.postStart === undefined) continue;
    await Promise.all(together);
    together = [];
  }
  await Promise.all(together);
  await removeSuperfluous(pod, dependencies);
}

/** A container that is started again after its end has to wait longer the next time. */
function countRestart(
  { container }: PodContainer,
  { pod }: SyncOptions,
  { cache, crashBackoff }: PodDependencies,
): void {
  const { uid } = identityOf(pod);
  const ended = cache.get(uid).containers.find((status) => containerName(status) === container.name);
  if (ended?.state !== "CONTAINER_EXITED") return;
  crashBackoff.raise(backoffKey(uid, container.name), ended.finishedAtMs || ended.createdAtMs);
}

function noteFailure(name: string, error: StartError, memory: PodMemory, nowMs: number): void {
  const failures = (memory.troubles?.get(name)?.failures ?? 0) + 1;
  const delayMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
  const retryAtMs = error.retryAtMs === undefined ? nowMs + delayMs : Math.max(error.retryAtMs, nowMs + FIRST_RETRY_MS);
  note(memory, name, { reason: error.reason, message: error.message, failures, retryAtMs });
}

function note(memory: PodMemory, name: string, trouble: Trouble): void {
  memory.troubles ??= new Map();
  memory.troubles.set(name, trouble);
}

function noteBackOff(plan: PodPlan, { pod, memory }: SyncOptions, { events, crashBackoff }: PodDependencies): void {
  const identity = identityOf(pod);
  for (const { container: entry } of plan.backOff) {
    const { name } = entry.container;
    const delay = formatDuration(crashBackoff.delayMs(backoffKey(identity.uid, name)));
    const message = `back-off ${delay} restarting failed container=${name} pod=${formatPod(identity)}`;
    const known = memory.troubles?.get(name);
    if (known?.message === message) continue;
    note(memory, name, { failures: 0, ...known, reason: "CrashLoopBackOff", message });
    events.event(pod, {
      type: "Warning",
      reason: "BackOff",
      message: `Back-off restarting failed container ${name} in pod ${formatPod(identity)}`,
      fieldPath: containerFieldPath(pod, name),
    });
  }
}

function nextLook(plan: PodPlan, memory: PodMemory): number | undefined {
  const times = plan.backOff.map(({ untilMs }) => untilMs);
  for (const { container } of plan.start) {
    const retry = memory.troubles?.get(container.name)?.retryAtMs;
    if (retry !== undefined) times.push(retry);
  }
  if (memory.resize?.retryAtMs !== undefined) times.push(memory.resize.retryAtMs);
  return times.length === 0 ? undefined : Math.min(...times);
}
