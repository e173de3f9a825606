import type { Node, Pod } from "../../api/generated/core/v1.ts";
import { errorMessage } from "../../base/assert.ts";
import { formatTime, sleep } from "../../base/clock.ts";
import { withTrace } from "../../base/trace.ts";
import type { Change, Informer } from "../../client/informer.ts";
import { pressureRejection } from "../eviction/admission.ts";
import type { PressureCondition } from "../eviction/signals.ts";
import type { HostFacts } from "../host/host.ts";
import type { PodIdentity } from "../labels.ts";
import type { SavedResize } from "../resize/checkpoints.ts";
import { judgeResize } from "../resize/judge.ts";
import { PendingResizes } from "../resize/pending-resizes.ts";
import { type AdmissionInput, rejection } from "./admission.ts";
import type { PodDependencies } from "./dependencies.ts";
import { identityOf, isTerminalPhase } from "./pod.ts";
import type { PodVerdict } from "./pod-record.ts";
import { PodWorker, type WorkerHome } from "./pod-worker.ts";
import { removeAllOf } from "./remains.ts";
import { isRunning } from "./runtime-state.ts";

/** What the runtime may take beyond the pods' own time. */
const SHUTDOWN_SLACK_MS = 10_000;

export interface PodManager {
  /**
   * Follows the informer's pods from now on.
   * @param saved what earlier kubelets saved of resized pods, by uid
   */
  start(saved: ReadonlyMap<string, SavedResize>): void;
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
  /** Those that are bound to this node. */
  readonly bound: Informer<Pod>;
  node(): Node | undefined;
  /** What the node is short of. */
  pressures(): readonly PressureCondition[];
  allocatable(): Readonly<Record<string, number>>;
  /** The machine. */
  readonly host: HostFacts;
}

/** One worker for each pod that is bound to this node. */
export function createPodManager(options: PodManagerOptions, dependencies: PodDependencies): PodManager {
  return new NodePods(options, dependencies);
}

/** A class, because thousands of kubelets of one process have one each. */
class NodePods implements PodManager, WorkerHome {
  readonly dependencies: PodDependencies;
  readonly #options: PodManagerOptions;
  readonly #workers = new Map<string, PodWorker>();
  #rejected: Map<string, Pod> | undefined;
  #unsubscribe: (() => void) | undefined;
  #emptied: (() => void) | undefined;
  /** There while pods that are there already are taken over. */
  #saved: ReadonlyMap<string, SavedResize> | undefined;
  /** There once a pod was resized. */
  #resizes: PendingResizes | undefined;

  constructor(options: PodManagerOptions, dependencies: PodDependencies) {
    this.#options = options;
    this.dependencies = dependencies;
  }

  start(saved: ReadonlyMap<string, SavedResize>): void {
    this.#saved = saved;
    this.#unsubscribe = this.#options.bound.subscribe((change) => this.#onChange(change));
    this.#saved = undefined;
    // Not before all pods are known that have something of the node.
    this.#resizes?.retry();
  }

  wake(uid: string): void {
    this.#workers.get(uid)?.wake();
  }

  end(uid: string, verdict: PodVerdict): void {
    this.#workers.get(uid)?.end(verdict);
  }

  pods(): Pod[] {
    return [...[...this.#workers.values()].map(({ pod }) => pod), ...(this.#rejected?.values() ?? [])];
  }

  hasPods(): boolean {
    return this.#workers.size + (this.#rejected?.size ?? 0) > 0;
  }

  async removeOrphans(): Promise<void> {
    const orphans = this.dependencies.cache.identities().filter(({ uid }) => !this.#workers.has(uid));
    await Promise.all(orphans.map((identity) => removeOrphan(identity, this.dependencies)));
  }

  async shutDown(graceSeconds: number): Promise<void> {
    const { clock, log } = this.dependencies;
    const workers = this.#workers;
    this.#unsubscribe?.();
    this.#resizes?.stop();
    for (const worker of [...workers.values()]) worker.shutDown(graceSeconds);
    const late = new AbortController();
    const deadline = sleep(clock, graceSeconds * 1000 + SHUTDOWN_SLACK_MS, late.signal).then(() => {
      if (!late.signal.aborted) log.warn("some pods do not end: they are left to the runtime", { pods: workers.size });
    });
    const allRemoved = new Promise<void>((resolve) => {
      this.#emptied = resolve;
      if (workers.size === 0) resolve();
    });
    await Promise.race([allRemoved, deadline]);
    late.abort();
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#resizes?.stop();
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
  }

  removed(uid: string): void {
    this.#workers.delete(uid);
    this.dependencies.statuses.forget(uid);
    this.freed();
    if (this.#workers.size === 0) this.#emptied?.();
  }

  freed(): void {
    this.#resizes?.retry();
  }

  wantsResize(uid: string): void {
    this.#resizes ??= new PendingResizes({
      clock: this.dependencies.clock,
      resize: (of) => this.#workers.get(of)?.resize,
      judge: (resize) => judgeResize(resize, this.#input(resize.wanted)),
      answer: (of, refusal) => this.#workers.get(of)?.answerResize(refusal),
    });
    this.#resizes.add(uid);
    if (this.#saved === undefined) this.#resizes.retry();
  }

  #onChange({ before, after, cause }: Change<Pod>): void {
    const uidBefore = before?.metadata?.uid;
    const uidAfter = after?.metadata?.uid;
    withTrace(cause, () => {
      // A re-list may show another pod of the same name in one step.
      if (uidBefore !== undefined && uidBefore !== uidAfter) this.#onGone(uidBefore);
      if (after !== undefined) this.#onPod(after);
    });
  }

  #onGone(uid: string): void {
    this.#workers.get(uid)?.update(undefined);
    if (this.#rejected?.delete(uid)) this.dependencies.statuses.forget(uid);
  }

  #onPod(pod: Pod): void {
    const { uid } = identityOf(pod);
    const worker = this.#workers.get(uid);
    if (worker !== undefined) {
      worker.update(pod);
      return;
    }
    const refused = this.#rejected?.get(uid);
    if (refused === undefined) {
      if (!this.#admit(pod)) return;
    } else if (pod.metadata?.deletionTimestamp === undefined) {
      this.#rejected?.set(uid, pod);
      this.dependencies.statuses.reconcile(pod, refused);
      return;
    } else this.#rejected?.delete(uid);
    this.#add(pod);
  }

  /** Pods that ran here before keep their place; a new one must fit. */
  #admit(pod: Pod): boolean {
    const { cache, clock, events, statuses } = this.dependencies;
    const { uid } = identityOf(pod);
    const known = isTerminalPhase(pod.status?.phase) || pod.metadata?.deletionTimestamp !== undefined;
    if (known || cache.get(uid).containers.some(isRunning)) return true;
    const verdict = pressureRejection(pod, this.#options.pressures()) ?? rejection(pod, this.#input(pod));
    if (verdict === undefined) return true;
    this.#rejected ??= new Map();
    this.#rejected.set(uid, pod);
    events.event(pod, { type: "Warning", ...verdict });
    const now = formatTime(clock.now());
    statuses.set(pod, {
      ...pod.status,
      phase: "Failed",
      reason: verdict.reason,
      message: `Pod was rejected: ${verdict.message}`,
      startTime: now,
    });
    return false;
  }

  /** What a pod has to fit into. */
  #input(pod: Pod): AdmissionInput {
    const { uid } = identityOf(pod);
    const { appArmor: enforcesAppArmor } = this.#options.host;
    const others: Pod[] = [];
    for (const [other, worker] of this.#workers)
      if (other !== uid && !isTerminalPhase(this.#phaseOf(worker.pod))) others.push(worker.pod);
    return { node: this.#options.node(), others, allocatable: this.#options.allocatable(), enforcesAppArmor };
  }

  #phaseOf(pod: Pod): string | undefined {
    return this.dependencies.statuses.get(identityOf(pod).uid)?.phase ?? pod.status?.phase;
  }

  #add(pod: Pod): void {
    const { uid } = identityOf(pod);
    const worker = new PodWorker(pod, this, this.#saved?.get(uid));
    this.#workers.set(uid, worker);
    if (worker.resize !== undefined) this.wantsResize(uid);
    worker.wake();
  }
}

async function removeOrphan(identity: PodIdentity, dependencies: PodDependencies): Promise<void> {
  const { cache, runtime, log } = dependencies;
  log.info("removing a pod that is no longer wanted", { pod: `${identity.namespace}/${identity.name}` });
  try {
    const running = cache.get(identity.uid).containers.filter(isRunning);
    await Promise.all(running.map(({ id }) => runtime.runtime.stopContainer(id, 1)));
    await removeAllOf(identity, dependencies);
  } catch (error) {
    log.warn("cannot remove a pod that is no longer wanted", { pod: identity.uid, error: errorMessage(error) });
  }
}
