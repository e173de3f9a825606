import type { DaemonSet } from "../../api/generated/apps/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { scaledValue } from "../../api/int-or-string.ts";
import { isPodAvailable } from "../pod-control/pod-state.ts";
import { type DaemonFacts, fitsOf, podsByNode } from "./plan.ts";
import { isPodUpdated } from "./pod-template.ts";

export interface UpdatePlan {
  readonly createOn: readonly string[];
  readonly delete: readonly Pod[];
}

/** Both rounded up; an impossible pair of zeros means one unavailable pod. Pure. */
function updateLimits(set: DaemonSet, desired: number): { surge: number; unavailable: number } {
  const update = set.spec?.updateStrategy?.rollingUpdate;
  const surge = scaledValue(update?.maxSurge ?? 0, desired, "up");
  const unavailable = scaledValue(update?.maxUnavailable ?? 1, desired, "up");
  return surge === 0 && unavailable === 0 ? { surge: 0, unavailable: 1 } : { surge, unavailable };
}

interface NodeState {
  readonly nodeName: string;
  readonly shouldRun: boolean;
  /** The pod of the present template and that of an earlier one. */
  readonly next: Pod | undefined;
  readonly old: Pod | undefined;
  /** More than one of a sort: the other plan cleans up first. */
  readonly crowded: boolean;
}

/** Which pods a rolling update replaces now. The pods that are missing then come by planDaemons. Pure. */
export function planUpdate(facts: DaemonFacts): UpdatePlan {
  const states = statesOf(facts);
  const desired = states.filter((state) => state.shouldRun).length;
  const { surge, unavailable } = updateLimits(facts.set, desired);
  const available = (pod: Pod): boolean => isPodAvailable(pod, facts.set.spec?.minReadySeconds ?? 0, facts.nowMs);
  return surge === 0 ? withoutSurge(states, unavailable, available) : withSurge(states, surge, available);
}

function statesOf(facts: DaemonFacts): NodeState[] {
  const byNode = podsByNode(facts.pods);
  const fits = fitsOf(facts.set, facts.nodes);
  for (const [nodeName, fit] of fits) if (fit.shouldRun && !byNode.has(nodeName)) byNode.set(nodeName, []);
  return Array.from(byNode, ([nodeName, pods]) => {
    const living = pods.filter((pod) => pod.metadata?.deletionTimestamp === undefined);
    const next = living.filter((pod) => isPodUpdated(facts.set, pod, facts.hash));
    const old = living.filter((pod) => !next.includes(pod));
    const crowded = next.length > 1 || old.length > 1;
    return { nodeName, shouldRun: fits.get(nodeName)?.shouldRun === true, next: next[0], old: old[0], crowded };
  });
}

function withoutSurge(
  states: readonly NodeState[],
  maxUnavailable: number,
  available: (pod: Pod) => boolean,
): UpdatePlan {
  const broken: Pod[] = [];
  const candidates: Pod[] = [];
  let unavailable = 0;
  for (const { next, old, crowded } of states) {
    if (crowded || (next === undefined) === (old === undefined)) unavailable++;
    else if (next !== undefined) unavailable += available(next) ? 0 : 1;
    else if (available(old!)) candidates.push(old!);
    else {
      // It serves nobody, so replacing it costs nothing.
      broken.push(old!);
      unavailable++;
    }
  }
  return { createOn: [], delete: [...broken, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))] };
}

function withSurge(states: readonly NodeState[], maxSurge: number, available: (pod: Pod) => boolean): UpdatePlan {
  const remove: Pod[] = [];
  const free: string[] = [];
  const candidates: string[] = [];
  let surging = 0;
  for (const { nodeName, shouldRun, next, old, crowded } of states) {
    if (crowded) surging++;
    else if (old === undefined) continue;
    else if (next !== undefined) {
      if (available(next)) remove.push(old);
      else surging++;
    } else if (available(old)) {
      if (shouldRun) candidates.push(nodeName);
    } else if (shouldRun) free.push(nodeName);
    // An old pod that may stay but not come back, and serves nobody: there is nothing to wait for.
    else remove.push(old);
  }
  return { createOn: [...free, ...candidates.slice(0, Math.max(0, maxSurge - surging))], delete: remove };
}
