import type { Pod } from "../../api/generated/core/v1.ts";
import type { Timer } from "../../base/clock.ts";
import { equalAsJson } from "../status/plain-json.ts";
import { VolumeError } from "../volumes/pod-volumes.ts";
import { InterruptedError } from "./abort.ts";
import type { PodDependencies } from "./dependencies.ts";
import { lookAtPod, nextLookMs } from "./look.ts";
import { gracePeriodSeconds, isTerminalPhase } from "./pod.ts";
import { isEnding, newPodRecord, type PodRecord, type PodVerdict, publishStatus } from "./pod-record.ts";
import { StartError } from "./start-error.ts";

export interface PodWorker {
  readonly pod: Pod;
  /** Resolves when everything of the pod is gone from this node. */
  readonly removed: Promise<void>;
  /** The pod as the API has it now; undefined once it is gone there. */
  update(pod: Pod | undefined): void;
  /** Something about its containers, probes or back-off changed: look again. */
  wake(): void;
  /** Ends the pod for good, and tells the API why. */
  end(verdict: PodVerdict): void;
  /** Ends the pod on this node without telling the API, as the node goes down. */
  shutDown(graceSeconds: number): void;
  /** Stops looking; containers live on. Resolves when nothing is under way. */
  stop(): Promise<void>;
}

const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 10_000;

/** The one worker of a pod: nothing else changes what the runtime has of it. It looks at the pod whenever it is woken. */
export function createPodWorker(first: Pod, dependencies: PodDependencies): PodWorker {
  const record = newPodRecord(first, dependencies);
  const loop = createLoop(record, dependencies);
  return {
    get pod() {
      return record.pod;
    },
    removed: loop.removed,
    wake: loop.wake,
    update(next) {
      if (next === undefined) {
        if (record.gone) return;
        record.gone = true;
        loop.interrupt();
        return;
      }
      const before = record.pod;
      const wasEnding = isEnding(record);
      record.pod = next;
      if (saysNothingNew(before, next)) return;
      // As upstream, a change of the pod is a reason to look at its volumes too; labels may be shown in one.
      if (showsOtherwise(before, next)) record.refreshWanted = true;
      const shortened = wasEnding && gracePeriodSeconds(next) < gracePeriodSeconds(before);
      if ((isEnding(record) && !wasEnding) || shortened) loop.interrupt();
      else loop.wake();
    },
    end(verdict) {
      if (isEnding(record) || record.finished) return;
      record.verdict = verdict;
      loop.interrupt();
    },
    shutDown(graceSeconds) {
      record.downGraceSeconds = Math.min(graceSeconds, gracePeriodSeconds(record.pod));
      loop.interrupt();
    },
    stop: loop.stop,
  };
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

interface Loop {
  readonly removed: Promise<void>;
  wake(): void;
  /** What is under way gives way, because what comes is more important. */
  interrupt(): void;
  stop(): Promise<void>;
}

/** Looks at the pod as long as there is reason to, never twice at the same time; what comes meanwhile is one more look. */
function createLoop(record: PodRecord, dependencies: PodDependencies): Loop {
  const { clock } = dependencies;
  const removed = Promise.withResolvers<void>();
  let dirty = false;
  let stopped = false;
  let failures = 0;
  let timer: Timer | undefined;
  let current: AbortController | undefined;
  let running: Promise<void> | undefined;

  function lookAgainAt(wallMs: number | undefined): void {
    timer?.cancel();
    timer = wallMs === undefined || stopped ? undefined : clock.setTimer(wake, Math.max(0, wallMs - clock.now()));
  }

  async function look(): Promise<void> {
    const { signal } = (current = new AbortController());
    try {
      const result = await lookAtPod(record, signal, dependencies);
      failures = 0;
      lookAgainAt(result.againAtMs);
      if (!result.removed) return;
      stopped = true;
      removed.resolve();
    } catch (error) {
      if (error instanceof InterruptedError || signal.aborted) return;
      failures++;
      complain(record, error, dependencies);
      const retryMs = clock.now() + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
      lookAgainAt(nextLookMs(record, retryMs, dependencies));
    }
  }

  async function run(): Promise<void> {
    while (dirty && !stopped) {
      dirty = false;
      await look();
    }
  }

  function wake(): void {
    dirty = true;
    if (stopped) return;
    running ??= run().finally(() => {
      running = undefined;
      current = undefined;
      if (dirty) wake();
    });
  }

  return {
    removed: removed.promise,
    wake,
    interrupt() {
      current?.abort();
      wake();
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      current?.abort();
      await running;
    },
  };
}

function complain(record: PodRecord, error: unknown, dependencies: PodDependencies): void {
  // Those two were told by events already.
  if (!(error instanceof StartError) && !(error instanceof VolumeError)) {
    const { namespace, name } = record.identity;
    dependencies.log.warn("a pod could not be brought to its wanted state", { pod: `${namespace}/${name}`, error });
  }
  publishStatus(record, dependencies);
}
