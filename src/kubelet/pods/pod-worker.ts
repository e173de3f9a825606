import type { Pod, PodStatus } from "../../api/generated/core/v1.ts";
import { pods } from "../../api/generated/resources.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import { formatTime, type Timer } from "../../base/clock.ts";
import { podStatus } from "../status/pod-status.ts";
import { VolumeError } from "../volumes/pod-volumes.ts";
import { InterruptedError } from "./abort.ts";
import type { PodDependencies } from "./dependencies.ts";
import { killPod } from "./kill.ts";
import { gracePeriodSeconds, identityOf, isTerminalPhase } from "./pod.ts";
import { removeAllOf } from "./remains.ts";
import { stopSandboxes } from "./sandbox.ts";
import { StartError } from "./start-error.ts";
import { type PodMemory, syncPod, watchRunning } from "./sync-pod.ts";

export interface PodWorker {
  /** The pod as the API has it now; undefined once it is gone there. */
  update(pod: Pod | undefined): void;
  /** Something about its containers, probes or back-off changed: look again. */
  wake(): void;
  /** The kubelet itself ends the pod, which then has failed. */
  fail(verdict: { reason: string; message: string }): void;
  /** Ends the pod on this node without telling the API, as the node goes down. */
  shutDown(graceSeconds: number): void;
  /** Stops looking; containers live on. Resolves when nothing is under way. */
  stop(): Promise<void>;
  readonly pod: Pod;
  /** Resolves when everything of the pod is gone from this node. */
  readonly removed: Promise<void>;
}

const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 10_000;
/** Volumes follow changes of what they show within this time (upstream: its sync period of a minute). */
const REFRESH_MS = 60_000;

/** The one worker of a pod: nothing else changes what the runtime has of it. */
export function createPodWorker(first: Pod, dependencies: PodDependencies): PodWorker {
  const { clock, log, statuses, cache } = dependencies;
  const { uid, namespace, name } = identityOf(first);
  const startTime = first.status?.startTime ?? formatTime(clock.now());
  const memory: PodMemory = { waiting: new Map(), retryAtMs: new Map(), failures: new Map(), volumes: undefined };
  let pod = first;
  let gone = false;
  let verdict: { reason: string; message: string } | undefined;
  let downGraceSeconds: number | undefined;
  let stopped = false;
  let dirty = false;
  let failures = 0;
  let finished = isTerminalPhase(first.status?.phase);
  let cleaned = false;
  let timer: Timer | undefined;
  let refreshedMs = clock.monotonic();
  let interrupt = new AbortController();
  let running: Promise<void> | undefined;
  const removed = Promise.withResolvers<void>();

  const isEnding = () =>
    gone || pod.metadata?.deletionTimestamp !== undefined || verdict !== undefined || downGraceSeconds !== undefined;

  function publish(terminal = false): PodStatus {
    watchRunning(pod, dependencies);
    const status = podStatus({
      pod,
      state: cache.get(uid),
      probes: dependencies.probes,
      waiting: memory.waiting,
      runtimeName: dependencies.runtimeName,
      ending: isEnding() || finished,
      hostIps: dependencies.hostIps,
      startTime,
      now: formatTime(clock.now()),
      before: statuses.get(uid) ?? pod.status ?? {},
      terminal,
      ...(verdict !== undefined && { verdict }),
    });
    if (!gone && downGraceSeconds === undefined) statuses.set(pod, status);
    return status;
  }

  function lookAgainAt(wallMs: number | undefined): void {
    timer?.cancel();
    const times = wallMs === undefined ? [] : [wallMs - clock.now()];
    if (dependencies.volumes.needRefresh(pod) && !finished) times.push(refreshedMs + REFRESH_MS - clock.monotonic());
    const deadline = activeDeadlineMs();
    if (deadline !== undefined && verdict === undefined) times.push(deadline - clock.now());
    timer = times.length === 0 ? undefined : clock.setTimer(wake, Math.max(0, Math.min(...times)));
  }

  function activeDeadlineMs(): number | undefined {
    const seconds = pod.spec?.activeDeadlineSeconds;
    return seconds === undefined || finished ? undefined : Date.parse(startTime) + seconds * 1000;
  }

  function checkDeadline(): void {
    const deadline = activeDeadlineMs();
    if (deadline === undefined || verdict !== undefined || clock.now() < deadline) return;
    verdict = { reason: "DeadlineExceeded", message: "Pod was active on the node longer than the specified deadline" };
    dependencies.events.event(pod, { type: "Normal", reason: verdict.reason, message: verdict.message });
  }

  async function refreshVolumes(): Promise<void> {
    if (memory.volumes === undefined && cache.get(uid).containers.length === 0) return;
    if (clock.monotonic() - refreshedMs < REFRESH_MS || !dependencies.volumes.needRefresh(pod)) return;
    refreshedMs = clock.monotonic();
    memory.volumes = await dependencies.volumes.setUp(pod);
  }

  /** One look: bring the pod up, or to its end. */
  async function look(signal: AbortSignal): Promise<void> {
    checkDeadline();
    if (!isEnding() && !finished) {
      publish();
      await refreshVolumes();
      const result = await syncPod({ pod, memory, signal, onProgress: () => publish() }, dependencies);
      finished = result.finished;
      publish(finished);
      lookAgainAt(result.againAtMs);
      if (!finished) return;
    }
    await end(signal);
  }

  async function end(signal: AbortSignal): Promise<void> {
    timer?.cancel();
    if (cleaned) return;
    publish();
    // Who is gone before its kubelet said so was deleted by force: nobody waits for its grace period any more.
    const graceSeconds = downGraceSeconds ?? (gone ? 1 : undefined);
    await killPod(pod, { graceSeconds, signal, onProgress: () => publish() }, dependencies);
    finished = true;
    publish(true);
    await stopSandboxes(uid, dependencies);
    publish(true);
    if (pod.metadata?.deletionTimestamp !== undefined && !gone && downGraceSeconds === undefined) await deleteFromApi();
    else if (!gone && downGraceSeconds === undefined) return;
    await removeAllOf({ uid, namespace, name }, dependencies);
    cleaned = true;
    removed.resolve();
  }

  /** The last word on a pod that was asked to go: only its kubelet may say that nothing of it runs any more. */
  async function deleteFromApi(): Promise<void> {
    await statuses.flushed(uid);
    try {
      await dependencies.client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  async function run(): Promise<void> {
    while (dirty && !stopped) {
      dirty = false;
      interrupt = new AbortController();
      try {
        await look(interrupt.signal);
        failures = 0;
      } catch (error) {
        if (error instanceof InterruptedError || interrupt.signal.aborted) continue;
        failures++;
        if (!(error instanceof StartError) && !(error instanceof VolumeError)) {
          log.warn("a pod could not be brought to its wanted state", { pod: `${namespace}/${name}`, error });
        }
        if (!stopped) publish();
        lookAgainAt(clock.now() + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1)));
      }
    }
  }

  function wake(): void {
    dirty = true;
    if (stopped) return;
    running ??= run().finally(() => {
      running = undefined;
      if (dirty && !stopped) wake();
    });
  }

  /** What is under way gives way, when what comes is more important. */
  function interruptAndWake(): void {
    interrupt.abort();
    wake();
  }

  return {
    get pod() {
      return pod;
    },
    removed: removed.promise,
    wake,
    update(next) {
      if (next === undefined) {
        if (gone) return;
        gone = true;
        interruptAndWake();
        return;
      }
      const wasEnding = isEnding();
      const graceBefore = gracePeriodSeconds(pod);
      pod = next;
      const shortened = wasEnding && gracePeriodSeconds(pod) < graceBefore;
      if ((isEnding() && !wasEnding) || shortened) interruptAndWake();
      else wake();
    },
    fail(next) {
      if (verdict !== undefined || finished) return;
      verdict = next;
      interruptAndWake();
    },
    shutDown(graceSeconds) {
      downGraceSeconds = Math.min(graceSeconds, gracePeriodSeconds(pod));
      interruptAndWake();
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      interrupt.abort();
      await running;
    },
  };
}
