import type { DaemonSet } from "../../api/generated/apps/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { REVISION_HASH_LABEL } from "../history/history.ts";
import { isPodAvailable, isPodFinished, isPodReady } from "../pod-control/pod-state.ts";
import { type Fit, fitOf, type NodeFacts } from "./node-fit.ts";
import { targetNode, withDaemonTolerations } from "./pod-template.ts";

export interface DaemonFacts {
  readonly set: DaemonSet;
  readonly nodes: readonly NodeFacts[];
  /** Those that it controls. */
  readonly pods: readonly Pod[];
  /** Of the present template's revision. */
  readonly hash: string;
  readonly nowMs: number;
  /** True while a failed pod on that node was replaced so recently that the next one has to wait. */
  inBackoff(nodeName: string): boolean;
}

export interface DaemonEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

export interface DaemonPlan {
  /** Names of nodes that need a pod. */
  readonly createOn: string[];
  readonly delete: Pod[];
  readonly events: DaemonEvent[];
  /** Nodes whose failed pod is replaced now. */
  readonly failedOn: string[];
  /** Nodes whose failed pod waits for its back-off. */
  readonly waitingOn: string[];
}

/** The set's pods by the node they are on or meant for. Ended pods that are being removed count no more. */
export function podsByNode(pods: readonly Pod[]): Map<string, Pod[]> {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    if (isPodFinished(pod) && pod.metadata?.deletionTimestamp !== undefined) continue;
    const node = targetNode(pod);
    if (node === undefined) continue;
    const there = byNode.get(node);
    if (there === undefined) byNode.set(node, [pod]);
    else there.push(pod);
  }
  return byNode;
}

export function fitsOf(set: DaemonSet, nodes: readonly NodeFacts[]): Map<string, Fit> {
  const spec = withDaemonTolerations(set.spec?.template.spec);
  return new Map(nodes.map((node) => [node.metadata?.name ?? "", fitOf(spec, node)]));
}

/** Brings one pod to each node that should have one, and takes away those that should not be. Pure. */
export function planDaemons(facts: DaemonFacts): DaemonPlan {
  const plan: DaemonPlan = { createOn: [], delete: [], events: [], failedOn: [], waitingOn: [] };
  const fits = fitsOf(facts.set, facts.nodes);
  const byNode = podsByNode(facts.pods);
  for (const [nodeName, fit] of fits) {
    const pods = byNode.get(nodeName);
    if (pods === undefined) {
      if (fit.shouldRun) plan.createOn.push(nodeName);
    } else if (fit.shouldContinue) {
      keepOne(facts, plan, { nodeName, pods });
    } else {
      plan.delete.push(...pods.filter((pod) => pod.metadata?.deletionTimestamp === undefined));
    }
  }
  // Pods that wait for a node that is gone would wait for ever; those on it are for the pod garbage collector.
  for (const [nodeName, pods] of byNode) {
    if (!fits.has(nodeName)) plan.delete.push(...pods.filter((pod) => !pod.spec?.nodeName));
  }
  return plan;
}

/** Of the pods on a node that may have one: ended ones go, and of several running ones all but the right one. */
function keepOne(facts: DaemonFacts, plan: DaemonPlan, { nodeName, pods }: { nodeName: string; pods: Pod[] }): void {
  const running: Pod[] = [];
  for (const pod of pods) {
    if (pod.metadata?.deletionTimestamp !== undefined) continue;
    const name = `${pod.metadata?.namespace}/${pod.metadata?.name}`;
    if (pod.status?.phase === "Failed") {
      if (facts.inBackoff(nodeName)) {
        plan.waitingOn.push(nodeName);
        continue;
      }
      const message = `Found failed daemon pod ${name} on node ${nodeName}, will try to kill it`;
      plan.events.push({ type: "Warning", reason: "FailedDaemonPod", message });
      plan.failedOn.push(nodeName);
      plan.delete.push(pod);
    } else if (pod.status?.phase === "Succeeded") {
      const message = `Found succeeded daemon pod ${name} on node ${nodeName}, will try to delete it`;
      plan.events.push({ type: "Normal", reason: "SucceededDaemonPod", message });
      plan.delete.push(pod);
    } else running.push(pod);
  }
  if (running.length > 1) plan.delete.push(...surplus(facts, running.toSorted(byPrecedence)));
}

/** Without surge the first stays. With surge an old pod that is ready stays beside a new one that is not available yet. */
function surplus({ set, hash, nowMs }: DaemonFacts, running: readonly Pod[]): Pod[] {
  if (!allowsSurge(set)) return running.slice(1);
  const isNew = (pod: Pod): boolean => pod.metadata?.labels?.[REVISION_HASH_LABEL] === hash;
  const newest = running.find(isNew);
  const oldest = running.find((pod) => !isNew(pod));
  const gone = running.filter((pod) => pod !== newest && pod !== oldest);
  if (newest === undefined || oldest === undefined) return gone;
  const replaced = !isPodReady(oldest) || isPodAvailable(newest, set.spec?.minReadySeconds ?? 0, nowMs);
  return replaced ? [...gone, oldest] : gone;
}

function allowsSurge(set: DaemonSet): boolean {
  const surge = set.spec?.updateStrategy?.rollingUpdate?.maxSurge ?? 0;
  return surge !== 0 && surge !== "0%";
}

/** Scheduled pods before others, then older ones. */
export function byPrecedence(a: Pod, b: Pod): number {
  if (Boolean(a.spec?.nodeName) !== Boolean(b.spec?.nodeName)) return a.spec?.nodeName ? -1 : 1;
  const [timeA = "", timeB = ""] = [a.metadata?.creationTimestamp, b.metadata?.creationTimestamp];
  if (timeA !== timeB) return timeA < timeB ? -1 : 1;
  return (a.metadata?.name ?? "") < (b.metadata?.name ?? "") ? -1 : 1;
}
