import { findCondition } from "../../api/conditions.ts";
import type { ContainerStatus, Pod, PodCondition, PodStatus } from "../../api/generated/core/v1.ts";
import { statusPatch } from "./patch.ts";

/** That a sandbox is ready waits so long for what its containers do, and then both are one request. */
const SANDBOX_NEWS_MS = 1000;
/**
 * That a pod is on its way to run waits so long: one whose image is present runs by then, and writing it would take the
 * processor that it needs. Longer starts are told of while they last.
 */
const ON_ITS_WAY_MS = 150;
/** That the kubelet has seen a deletion waits so long for what comes of it. */
const DELETION_SEEN_MS = 1000;
/** That the containers of a pod that is being deleted have ended waits so long for its sandbox to be gone. */
const ENDED_MS = 150;

/** Status of one pod: as the API has it, as far as known, and as it is to be. */
export interface StatusNews {
  readonly pod: Pod;
  readonly sent: PodStatus;
  readonly wanted: PodStatus;
  /** Nothing of this kubelet's is there yet. */
  readonly isFirst: boolean;
}

/**
 * How long a new status may wait, in milliseconds, because what follows soon tells more and takes the same request: a pod's way
 * from its creation to its end is two requests rather than five. What somebody may act upon never waits. Pure.
 */
export function newsDelayMs({ pod, sent, wanted, isFirst }: StatusNews): number {
  if (!isFirst && isSandboxNews(sent, wanted)) return SANDBOX_NEWS_MS;
  if (isOnItsWay(wanted)) return ON_ITS_WAY_MS;
  if (pod.metadata?.deletionTimestamp === undefined || isFirst) return 0;
  if (isGenerationNews(sent, wanted)) return DELETION_SEEN_MS;
  return haveContainersEnded(wanted) && hasSandbox(wanted) ? ENDED_MS : 0;
}

const SANDBOX_FIELDS: ReadonlySet<string> = new Set(["podIP", "podIPs", "conditions"]);

function isSandboxNews(sent: PodStatus, wanted: PodStatus): boolean {
  if (sent.phase !== wanted.phase) return false;
  const patch = statusPatch(sent, wanted);
  if (patch === undefined || !Object.keys(patch).every((name) => SANDBOX_FIELDS.has(name))) return false;
  const conditions = (patch.conditions ?? []) as PodCondition[];
  return conditions.every(({ type }) => type === SANDBOX_CONDITION);
}

/** Whether all that there is to say is that containers will come. */
function isOnItsWay(status: PodStatus): boolean {
  return status.phase === "Pending" && containersOf(status).every(({ state }) => isWaitingToStart(state));
}

const isWaitingToStart = (state: ContainerState | undefined): boolean => ON_ITS_WAY.has(state?.waiting?.reason ?? "");
const ON_ITS_WAY: ReadonlySet<string> = new Set(["ContainerCreating", "PodInitializing"]);

/** Whether all that is new is which generation of the pod the status speaks of. */
function isGenerationNews(sent: PodStatus, wanted: PodStatus): boolean {
  const { conditions = [], ...patch } = statusPatch(sent, wanted) ?? {};
  if (!Object.keys(patch).every((name) => name === "observedGeneration")) return false;
  return (conditions as PodCondition[]).every((condition) => Object.keys(condition).every(isOfGeneration));
}

const isOfGeneration = (name: string): boolean => name === "type" || name === "observedGeneration";

function haveContainersEnded(status: PodStatus): boolean {
  return containersOf(status).every(({ state }) => state?.terminated !== undefined);
}

function hasSandbox({ conditions }: PodStatus): boolean {
  return findCondition(conditions, SANDBOX_CONDITION)?.status === "True";
}

const SANDBOX_CONDITION = "PodReadyToStartContainers";

type ContainerState = NonNullable<ContainerStatus["state"]>;

function containersOf(status: PodStatus): ContainerStatus[] {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status;
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
}
