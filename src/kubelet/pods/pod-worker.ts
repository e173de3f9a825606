import type { Pod } from "../../api/generated/core/v1.ts";
import type { Timer } from "../../base/clock.ts";
import type { SavedResize } from "../resize/checkpoints.ts";
import type { ResizeRefusal } from "../resize/judge.ts";
import type { WaitingResize } from "../resize/order.ts";
import { equalAsJson } from "../status/plain-json.ts";
import { VolumeError } from "../volumes/pod-volumes.ts";
import { InterruptedError } from "./abort.ts";
import type { PodDependencies } from "./dependencies.ts";
import { lookAtPod, nextLookMs } from "./look.ts";
import { gracePeriodSeconds, identityOf, isTerminalPhase } from "./pod.ts";
import { forgetFacts, isEnding, newPodRecord, type PodRecord, type PodVerdict, publishStatus } from "./pod-record.ts";
import { answerResize, recallResize, takeSpec, waitingResize } from "./resizing.ts";
import { StartError } from "./start-error.ts";

const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 10_000;

/** What the workers of a node have in common. */
export interface WorkerHome {
  readonly dependencies: PodDependencies;
  /** Called once a worker, when everything of its pod is gone from this node. */
  removed(uid: string): void;
  /** Called when its pod takes nothing of the node any more, although it is still there. */
  freed(): void;
  /** Called when its pod wants other resources than before. */
  wantsResize(uid: string): void;
}

/**
 * The one worker of a pod: nothing else changes what the runtime has of it. It looks at the pod whenever it is woken, as long as
 * there is reason to, never twice at the same time; what comes meanwhile is one more look. A class, because there may be very
 * many that only wait.
 */
export class PodWorker {
  readonly #record: PodRecord;
  readonly #home: WorkerHome;
  #isDirty = false;
  #isStopped = false;
  #failures = 0;
  #timer: Timer | undefined;
  #current: AbortController | undefined;
  #running: Promise<void> | undefined;

  /** @param saved what an earlier kubelet saved of the pod's resizes */
  constructor(first: Pod, home: WorkerHome, saved?: SavedResize) {
    const state = home.dependencies.cache.get(identityOf(first).uid);
    this.#record = newPodRecord(first, recallResize(first, state, saved), home.dependencies);
    this.#home = home;
  }

  /** The pod with the resources that are allocated to it. */
  get pod(): Pod {
    return this.#record.pod;
  }

  /** The resources that the pod waits for; undefined when it waits for none. */
  get resize(): WaitingResize | undefined {
    return waitingResize(this.#record);
  }

  /** Gives the pod what it waits for, or tells why not. */
  answerResize(refusal: ResizeRefusal | undefined): void {
    answerResize(this.#record, refusal, this.#home.dependencies);
    this.wake();
  }

  /** The pod as the API has it now; undefined once it is gone there. */
  update(next: Pod | undefined): void {
    const record = this.#record;
    if (next === undefined) {
      if (record.gone) return;
      record.gone = true;
      this.#interrupt();
      return;
    }
    const before = record.pod;
    const wasEnding = isEnding(record);
    const wantsResize = takeSpec(record, next);
    if (record.published !== undefined) this.#home.dependencies.statuses.reconcile(next, before);
    if (wantsResize) this.#home.wantsResize(identityOf(next).uid);
    if (saysNothingNew(before, next)) return;
    // As upstream, a change of the pod is a reason to look at its volumes too; labels may be shown in one.
    if (showsOtherwise(before, next)) record.refreshWanted = true;
    const shortened = wasEnding && gracePeriodSeconds(next) < gracePeriodSeconds(before);
    if ((isEnding(record) && !wasEnding) || shortened) this.#interrupt();
    else this.wake();
  }

  /** Something about its containers, probes or back-off changed: look again. */
  wake(): void {
    this.#isDirty = true;
    if (this.#isStopped) return;
    this.#running ??= this.#run();
  }

  /** Ends the pod for good, and tells the API why. */
  end(verdict: PodVerdict): void {
    if (isEnding(this.#record) || this.#record.finished) return;
    this.#record.verdict = verdict;
    this.#interrupt();
  }

  /** Ends the pod on this node without telling the API, as the node goes down. */
  shutDown(graceSeconds: number): void {
    this.#record.downGraceSeconds = Math.min(graceSeconds, gracePeriodSeconds(this.#record.pod));
    this.#interrupt();
  }

  /** Stops looking; containers live on. Resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#current?.abort();
    await this.#running;
  }

  /** What is under way gives way, because what comes is more important. */
  #interrupt(): void {
    this.#current?.abort();
    this.wake();
  }

  async #run(): Promise<void> {
    try {
      while (this.#isDirty && !this.#isStopped) {
        this.#isDirty = false;
        await this.#look();
      }
    } finally {
      this.#running = undefined;
      this.#current = undefined;
      forgetFacts(this.#record);
      if (this.#isDirty) this.wake();
    }
  }

  async #look(): Promise<void> {
    const record = this.#record;
    const { signal } = (this.#current = new AbortController());
    const wasFinished = record.finished;
    try {
      const result = await lookAtPod(record, signal, this.#home.dependencies);
      this.#failures = 0;
      this.#lookAgainAt(result.againAtMs);
      if (!result.removed) {
        if (record.finished && !wasFinished) this.#home.freed();
        return;
      }
      this.#isStopped = true;
      this.#home.removed(identityOf(record.pod).uid);
    } catch (error) {
      if (error instanceof InterruptedError || signal.aborted) return;
      this.#failures++;
      complain(record, error, this.#home.dependencies);
      const delayMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
      const retryMs = this.#home.dependencies.clock.now() + delayMs;
      this.#lookAgainAt(nextLookMs(record, retryMs, this.#home.dependencies));
    }
  }

  #lookAgainAt(wallMs: number | undefined): void {
    const { clock } = this.#home.dependencies;
    this.#timer?.cancel();
    this.#timer =
      wallMs === undefined || this.#isStopped
        ? undefined
        : clock.setTimer(() => this.wake(), Math.max(0, wallMs - clock.now()));
  }
}

function showsOtherwise({ metadata: before }: Pod, { metadata: after }: Pod): boolean {
  return !equalAsJson(before?.labels, after?.labels) || !equalAsJson(before?.annotations, after?.annotations);
}

/**
 * Whether only what kubelets write themselves is other than before, as for each status of theirs that comes back (upstream:
 * podsDifferSemantically). A status that somebody else overwrote is for the status writer to put right.
 */
function saysNothingNew(before: Pod, after: Pod): boolean {
  const { generation } = after.metadata ?? {};
  const judged = (after.spec?.readinessGates ?? []).length > 0;
  return (
    !judged &&
    generation !== undefined &&
    generation === before.metadata?.generation &&
    after.metadata?.deletionTimestamp === before.metadata?.deletionTimestamp &&
    gracePeriodSeconds(after) === gracePeriodSeconds(before) &&
    isTerminalPhase(after.status?.phase) === isTerminalPhase(before.status?.phase) &&
    !showsOtherwise(before, after)
  );
}

function complain(record: PodRecord, error: unknown, dependencies: PodDependencies): void {
  // Those two were told by events already.
  if (!(error instanceof StartError) && !(error instanceof VolumeError)) {
    const { namespace, name } = identityOf(record.pod);
    dependencies.log.warn("a pod could not be brought to its wanted state", { pod: `${namespace}/${name}`, error });
  }
  publishStatus(record, dependencies);
}
