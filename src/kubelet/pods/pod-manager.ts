import type { Node, Pod } from "../../api/generated/core/v1.ts";
import { errorMessage } from "../../base/assert.ts";
import { formatTime, sleep } from "../../base/clock.ts";
import { withTrace } from "../../base/trace.ts";
import type { Change, Informer } from "../../client/informer.ts";
import { pressureRejection } from "../eviction/admission.ts";
import type { PressureCondition } from "../eviction/signals.ts";
import type { PodIdentity } from "../labels.ts";
import { rejection } from "./admission.ts";
import type { PodDependencies } from "./dependencies.ts";
import { identityOf, isTerminalPhase } from "./pod.ts";
import type { PodVerdict } from "./pod-record.ts";
import { PodWorker } from "./pod-worker.ts";
import { removeAllOf } from "./remains.ts";
import { isRunning } from "./runtime-state.ts";

/** What the runtime may take beyond the pods' own time. */
const SHUTDOWN_SLACK_MS = 10_000;

export interface PodManager {
  /** Follows the informer's pods from now on. */
  start(): void;
  /** A pod's containers, probes or the like changed. */
  wake(uid: string): void;
  /** All pods of this node, those that it refused among them. */
  pods(): Pod[];
  hasPods(): boolean;
  /** Ends a pod for good; nothing happens when it is ending anyway. */
  end(uid: string, verdict: PodVerdict): void;
  /** Removes what the runtime has of pods that nobody wants any more. Only right once all pods are known. */
  removeOrphans(): Promise<void>;
  /** Ends all pods of this node. */
  shutDown(graceSeconds: number): Promise<void>;
  stop(): Promise<void>;
}

export interface PodManagerOptions {
  readonly pods: Informer<Pod>;
  node(): Node | undefined;
  /** What the node is short of. */
  pressures(): readonly PressureCondition[];
  allocatable(): Readonly<Record<string, number>>;
}

/** One worker for each pod that is bound to this node. */
export function createPodManager(options: PodManagerOptions, dependencies: PodDependencies): PodManager {
  const { log, statuses } = dependencies;
  const workers = new Map<string, PodWorker>();
  const rejected = new Map<string, Pod>();
  let unsubscribe: (() => void) | undefined;
  let emptied: (() => void) | undefined;

  function onChange({ before, after, cause }: Change<Pod>): void {
    const uidBefore = before?.metadata?.uid;
    const uidAfter = after?.metadata?.uid;
    withTrace(cause, () => {
      // A re-list may show another pod of the same name in one step.
      if (uidBefore !== undefined && uidBefore !== uidAfter) onGone(uidBefore);
      if (after !== undefined) onPod(after);
    });
  }

  function onGone(uid: string): void {
    workers.get(uid)?.update(undefined);
    if (rejected.delete(uid)) statuses.forget(uid);
  }

  function onPod(pod: Pod): void {
    const { uid } = identityOf(pod);
    const worker = workers.get(uid);
    if (worker !== undefined) {
      worker.update(pod);
      return;
    }
    const refused = rejected.get(uid);
    if (refused !== undefined) {
      if (pod.metadata?.deletionTimestamp === undefined) {
        rejected.set(uid, pod);
        statuses.reconcile(pod, refused);
        return;
      }
      rejected.delete(uid);
    } else if (!admit(pod)) return;
    add(pod);
  }

  /** Pods that ran here before keep their place; a new one must fit. */
  function admit(pod: Pod): boolean {
    const { uid } = identityOf(pod);
    const known = isTerminalPhase(pod.status?.phase) || pod.metadata?.deletionTimestamp !== undefined;
    if (known || dependencies.cache.get(uid).containers.some(isRunning)) return true;
    const others = [...workers.values()]
      .map((worker) => worker.pod)
      .filter((other) => !isTerminalPhase(phaseOf(other)));
    const verdict =
      pressureRejection(pod, options.pressures()) ??
      rejection(pod, { node: options.node(), others, allocatable: options.allocatable() });
    if (verdict === undefined) return true;
    rejected.set(uid, pod);
    dependencies.events.event(pod, { type: "Warning", ...verdict });
    const now = formatTime(dependencies.clock.now());
    statuses.set(pod, {
      ...pod.status,
      phase: "Failed",
      reason: verdict.reason,
      message: `Pod was rejected: ${verdict.message}`,
      startTime: now,
    });
    return false;
  }

  const phaseOf = (pod: Pod) => statuses.get(identityOf(pod).uid)?.phase ?? pod.status?.phase;

  function onRemoved(uid: string): void {
    workers.delete(uid);
    statuses.forget(uid);
    if (workers.size === 0) emptied?.();
  }

  function add(pod: Pod): void {
    const { uid } = identityOf(pod);
    const worker = new PodWorker(pod, dependencies, onRemoved);
    workers.set(uid, worker);
    worker.wake();
  }

  async function removeOrphan(identity: PodIdentity): Promise<void> {
    log.info("removing a pod that is no longer wanted", { pod: `${identity.namespace}/${identity.name}` });
    const { cache, runtime } = dependencies;
    try {
      await Promise.all(
        cache
          .get(identity.uid)
          .containers.filter(isRunning)
          .map(({ id }) => runtime.runtime.stopContainer(id, 1)),
      );
      await removeAllOf(identity, dependencies);
    } catch (error) {
      log.warn("cannot remove a pod that is no longer wanted", { pod: identity.uid, error: errorMessage(error) });
    }
  }

  return {
    start() {
      unsubscribe = options.pods.subscribe(onChange);
    },
    wake: (uid) => workers.get(uid)?.wake(),
    end: (uid, verdict) => workers.get(uid)?.end(verdict),
    pods: () => [...[...workers.values()].map(({ pod }) => pod), ...rejected.values()],
    hasPods: () => workers.size + rejected.size > 0,
    async removeOrphans() {
      const orphans = dependencies.cache.identities().filter(({ uid }) => !workers.has(uid));
      await Promise.all(orphans.map(removeOrphan));
    },
    async shutDown(graceSeconds) {
      unsubscribe?.();
      const all = [...workers.values()];
      for (const worker of all) worker.shutDown(graceSeconds);
      const late = new AbortController();
      const deadline = sleep(dependencies.clock, graceSeconds * 1000 + SHUTDOWN_SLACK_MS, late.signal).then(() => {
        if (!late.signal.aborted)
          log.warn("some pods do not end: they are left to the runtime", { pods: workers.size });
      });
      const allRemoved = new Promise<void>((resolve) => {
        emptied = resolve;
        if (workers.size === 0) resolve();
      });
      await Promise.race([allRemoved, deadline]);
      late.abort();
    },
    async stop() {
      unsubscribe?.();
      await Promise.all([...workers.values()].map((worker) => worker.stop()));
    },
  };
}
