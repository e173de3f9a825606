import type { Pod, PodCondition } from "../../api/generated/core/v1.ts";
import { formatTime } from "../../base/clock.ts";
import type { ProbeResults } from "../probes/results.ts";
import type { PodResize } from "../resize/pod-resize.ts";
import { podStatus } from "../status/pod-status.ts";
import type { PodDependencies } from "./dependencies.ts";
import { findContainer, identityOf, isProbed, isTerminalPhase } from "./pod.ts";
import { containerName, type PodRuntimeState } from "./runtime-state.ts";
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

/** All that a pod's worker knows of it, beyond what the runtime has: in one object, because there may be very many pods. */
export interface PodRecord extends PodMemory {
  /** RFC 3339: when a kubelet first saw it. */
  readonly startTime: string;
  /** As the API had it last, with the resources that are allocated to it. */
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
  /** What the last status was worked out from, while the pod is looked at: the same facts give the same one. Absent before the first. */
  published: readonly unknown[] | undefined;
}

/** @param recalled what is known of its earlier resizes */
export function newPodRecord(
  found: Pod,
  recalled: { readonly pod: Pod; readonly resize: PodResize } | undefined,
  { clock, files }: PodDependencies,
): PodRecord {
  const { pod, resize } = recalled ?? { pod: found, resize: undefined };
  return {
    startTime: pod.status?.startTime ?? formatTime(clock.now()),
    troubles: undefined,
    volumes: undefined,
    resize,
    pod,
    gone: false,
    verdict: undefined,
    downGraceSeconds: undefined,
    finished: isTerminalPhase(pod.status?.phase),
    drainedAtMs: undefined,
    refreshWanted: false,
    // Where nothing is written nothing is refreshed, and a time is an object of its own.
    refreshedMs: files.keepsNothing === true ? 0 : clock.monotonic(),
    published: undefined,
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

/** Between two looks nobody need remember what the last status was worked out from: of very many pods it is not kept. */
export function forgetFacts(record: PodRecord): void {
  if (record.published !== undefined) record.published = NO_FACTS;
}

/** Works out the pod's status and has it written. */
export function publishStatus(record: PodRecord, dependencies: PodDependencies, terminal = false): void {
  if (!isReported(record)) return;
  const { pod, verdict } = record;
  const { uid } = identityOf(pod);
  const { cache, clock, hostIps, probes, runtimeName, statuses } = dependencies;
  watchRunning(pod, dependencies);
  const state = cache.get(uid);
  const ending = isEnding(record) || record.finished;
  // The pod itself would be kept although a newer one has come.
  const version = pod.metadata?.resourceVersion ?? pod;
  const facts = [
    version,
    state,
    ending,
    terminal,
    verdict,
    ...waitingFacts(record),
    ...resizeFacts(record),
    ...probeFacts(pod, state, probes),
  ];
  if (isSame(facts, record.published ?? NO_FACTS)) return;
  record.published = facts;
  const status = podStatus({
    pod,
    state,
    probes,
    waiting: record.troubles ?? NO_TROUBLES,
    runtimeName,
    ending,
    hostIps,
    startTime: record.startTime,
    now: formatTime(clock.now()),
    before: statuses.get(uid) ?? pod.status ?? {},
    terminal,
    resize: record.resize,
    ...(verdict !== undefined && { verdict }),
  });
  statuses.set(pod, status);
}

function waitingFacts({ troubles }: PodMemory): string[] {
  return troubles === undefined
    ? NO_FACTS
    : [...troubles].flatMap(([name, { reason, message }]) => [name, reason, message]);
}

function resizeFacts({ resize }: PodMemory): unknown[] {
  return resize === undefined ? NO_FACTS : [resize.pending, resize.inProgress, resize.actual];
}

const NO_FACTS: string[] = [];
const NO_TROUBLES: ReadonlyMap<string, Trouble> = new Map();

function probeFacts(pod: Pod, { containers }: PodRuntimeState, probes: ProbeResults): boolean[] {
  const facts: boolean[] = [];
  for (const status of containers) {
    const { container } = findContainer(pod, containerName(status)) ?? {};
    if (container === undefined || !isProbed(container)) continue;
    facts.push(probes.hasStarted(status.id, container), probes.isReady(status.id, container));
  }
  return facts;
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
