import type { Pod } from "../../api/generated/core/v1.ts";
import { isPodActive, isPodReady, podReadyCondition } from "./pod-state.ts";

const PHASES: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };
const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

export interface DeletionOrderOptions {
  /** The active pods of all sets with the same owner: of pods that are doubled up on a node one goes first. */
  readonly related: readonly Pod[];
  readonly nowMs: number;
}

/** Pods in the order in which a set gives them up, the least missed first (upstream ActivePodsWithRanks). Pure. */
export function deletionOrder(pods: readonly Pod[], options: DeletionOrderOptions): Pod[] {
  const perNode = new Map<string, number>();
  for (const pod of options.related) {
    const node = pod.spec?.nodeName;
    if (node && isPodActive(pod)) perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  const rank = (pod: Pod): number => perNode.get(pod.spec?.nodeName ?? "") ?? 0;
  return pods.toSorted((a, b) => compare(a, b, { rank, nowMs: options.nowMs }));
}

function compare(a: Pod, b: Pod, { rank, nowMs }: { rank(pod: Pod): number; nowMs: number }): number {
  return (
    order(assigned(a), assigned(b)) ||
    order(PHASES[a.status?.phase ?? ""] ?? 0, PHASES[b.status?.phase ?? ""] ?? 0) ||
    order(Number(isPodReady(a)), Number(isPodReady(b))) ||
    order(deletionCost(a), deletionCost(b)) ||
    order(rank(b), rank(a)) ||
    (isPodReady(a) && isPodReady(b) ? byAge(readySince(a), readySince(b), { a, b, nowMs }) : 0) ||
    order(restarts(b), restarts(a)) ||
    byAge(a.metadata?.creationTimestamp, b.metadata?.creationTimestamp, { a, b, nowMs })
  );
}

/** Younger first, but ages of one order of magnitude count as equal, and then the uid decides: this spreads the loss. */
function byAge(
  timeA: string | undefined,
  timeB: string | undefined,
  { a, b, nowMs }: { a: Pod; b: Pod; nowMs: number },
): number {
  if (timeA === timeB) return 0;
  if (timeA === undefined || timeB === undefined) return timeA === undefined ? -1 : 1;
  const difference = magnitude(nowMs - Date.parse(timeA)) - magnitude(nowMs - Date.parse(timeB));
  return difference || ((a.metadata?.uid ?? "") < (b.metadata?.uid ?? "") ? -1 : 1);
}

/** As upstream counts it: the logarithm of nanoseconds. */
function magnitude(ageMs: number): number {
  return ageMs > 0 ? Math.floor(Math.log2(ageMs * 1e6)) : -1;
}

function order(a: number, b: number): number {
  return a - b;
}

function assigned(pod: Pod): number {
  return pod.spec?.nodeName ? 1 : 0;
}

function readySince(pod: Pod): string | undefined {
  return podReadyCondition(pod)?.lastTransitionTime;
}

/** A malformed cost counts as none. */
function deletionCost(pod: Pod): number {
  const text = pod.metadata?.annotations?.[DELETION_COST] ?? "0";
  const cost = /^(0|-?[1-9][0-9]*)$/.test(text) ? Number(text) : 0;
  return Math.abs(cost) <= 0x7fffffff ? cost : 0;
}

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => status.restartCount));
}
