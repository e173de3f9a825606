import type { Pod, PodCondition } from "../../api/generated/core/v1.ts";
import { formatTime } from "../../base/clock.ts";
import type { PodIdentity } from "../labels.ts";
import type { ProbeResults } from "../probes/results.ts";
import { podStatus } from "../status/pod-status.ts";
import type { PodDependencies } from "./dependencies.ts";
import { identityOf, isTerminalPhase } from "./pod.ts";
import type { PodRuntimeState } from "./runtime-state.ts";
import type { PodMemory, Trouble } from "./sync-options.ts";
import { watchRunning } from "./sync-pod.ts";

/** Why a kubelet ends a pod that it was not asked to end. */
export interface PodVerdict {
  readonly reason: string;
  readonly message: string;
  /** How long its containers may take; as long as the pod says when absent. */
  readonly graceSeconds?: number;
  /** What the pod's status tells of it besides. */
  readonly condition?: Pick<PodCondition, "type" | "status" | "reason" | "message">;
}

/** All that a pod's worker knows of it, beyond what the runtime has. */
export interface PodRecord {
  readonly identity: PodIdentity;
  /** RFC 3339: when a kubelet first saw it. */
  readonly startTime: string;
  readonly memory: PodMemory;
  /** As the API had it last. */
  pod: Pod;
  /** The API has it no more. */
  gone: boolean;
  /** Why the kubelet itself ends it. */
  verdict: PodVerdict | undefined;
  /** Set when the node goes down: how long its containers may take. */
  downGraceSeconds: number | undefined;
  /** None of its containers will run again. */
  finished: boolean;
  /** Until when it serves on after its deletion, on the monotonic clock. */
  drainedAtMs: number | undefined;
  /** Its volumes are to be looked at again, whatever the time. */
  refreshWanted: boolean;
  /** When its volumes were made to show what they should, on the monotonic clock. */
  refreshedMs: number;
  /** What the last status was worked out from: the same facts need no second look. */
  published: readonly unknown[];
}

export function newPodRecord(pod: Pod, { clock }: PodDependencies): PodRecord {
  return {
    identity: identityOf(pod),
    startTime: pod.status?.startTime ?? formatTime(clock.now()),
    memory: { troubles: undefined, volumes: undefined },
    pod,
    gone: false,
    verdict: undefined,
    downGraceSeconds: undefined,
    finished: isTerminalPhase(pod.status?.phase),
    drainedAtMs: undefined,
    refreshWanted: false,
    refreshedMs: clock.monotonic(),
    published: [],
  };
}

/** Whether it is on its way out, and nothing is started any more. */
export function isEnding({ gone, pod, verdict, downGraceSeconds }: PodRecord): boolean {
  const deleted = pod.metadata?.deletionTimestamp !== undefined;
  return gone || deleted || verdict !== undefined || downGraceSeconds !== undefined;
}

/** Whether the API still wants to hear of it: not of a pod that is gone there, nor of the node's own going down. */
export function isReported({ gone, downGraceSeconds }: PodRecord): boolean {
  return !gone && downGraceSeconds === undefined;
}

/** Works out the pod's status and has it written. */
export function publishStatus(record: PodRecord, dependencies: PodDependencies, terminal = false): void {
  if (!isReported(record)) return;
  const { pod, identity, memory, verdict } = record;
  const { cache, clock, hostIps, probes, runtimeName, statuses } = dependencies;
  watchRunning(pod, dependencies);
  const state = cache.get(identity.uid);
  const ending = isEnding(record) || record.finished;
  // The pod itself would be kept although a newer one has come.
  const version = pod.metadata?.resourceVersion ?? pod;
  const facts = [version, state, ending, terminal, verdict, ...waitingFacts(memory), ...probeFacts(state, probes)];
  if (isSame(facts, record.published)) return;
  record.published = facts;
  const status = podStatus({
    pod,
    state,
    probes,
    waiting: memory.troubles ?? NO_TROUBLES,
    runtimeName,
    ending,
    hostIps,
    startTime: record.startTime,
    now: formatTime(clock.now()),
    before: statuses.get(identity.uid) ?? pod.status ?? {},
    terminal,
    ...(verdict !== undefined && { verdict }),
  });
  statuses.set(pod, status);
}

function waitingFacts({ troubles }: PodMemory): string[] {
  return troubles === undefined
    ? NO_FACTS
    : [...troubles].flatMap(([name, { reason, message }]) => [name, reason, message]);
}

const NO_FACTS: string[] = [];
const NO_TROUBLES: ReadonlyMap<string, Trouble> = new Map();

function probeFacts({ containers }: PodRuntimeState, probes: ProbeResults): boolean[] {
  return containers.flatMap(({ id }) => [probes.hasStarted(id), probes.isReady(id)]);
}

function isSame(facts: readonly unknown[], others: readonly unknown[]): boolean {
  return facts.length === others.length && facts.every((fact, index) => fact === others[index]);
}

/** Wall time at which the pod has been active for as long as it may; undefined when it may for ever. */
export function activeDeadlineMs({ pod, startTime, finished, verdict }: PodRecord): number | undefined {
  const seconds = pod.spec?.activeDeadlineSeconds;
  if (seconds === undefined || finished || verdict !== undefined) return undefined;
  return Date.parse(startTime) + seconds * 1000;
}
