import { equalJson } from "../../api/patch/json-value.ts";
import type { NodeFacts } from "../facts/node-facts.ts";
import type { PodFacts } from "../facts/pod-facts.ts";

/** What can happen to an object that matters to scheduling, as bits: one update may be several of them. */
export const Action = {
  add: 1,
  delete: 1 << 1,
  updateNodeAllocatable: 1 << 2,
  updateNodeLabel: 1 << 3,
  updateNodeTaint: 1 << 4,
  updatePodLabel: 1 << 5,
  updatePodScaleDown: 1 << 6,
  updatePodTolerations: 1 << 7,
  updatePodGates: 1 << 8,
  updateOther: 1 << 9,
} as const;

/** A change of the cluster, on its way to pods that wait for one like it. */
export type ClusterEvent =
  | { readonly on: "node"; readonly actions: number; readonly before?: NodeFacts; readonly after?: NodeFacts }
  /** A pod that has a node, or was promised one: that keeps only pods waiting that are no more important than it. */
  | {
      readonly on: "assignedPod";
      readonly actions: number;
      readonly before?: PodFacts;
      readonly after?: PodFacts;
      readonly upToPriority?: number;
    }
  /** The waiting pod itself. */
  | { readonly on: "waitingPod"; readonly actions: number; readonly before?: PodFacts; readonly after?: PodFacts }
  | { readonly on: "namespace" | "volume"; readonly actions: number };

/** A kind of event, and whether one of that kind really helps a pod. Without `helps` it always does. */
export interface EventInterest {
  readonly on: ClusterEvent["on"];
  /** Bits of Action. */
  readonly actions: number;
  helps?(pod: PodFacts, event: ClusterEvent): boolean;
}

/** An interest in nodes. */
export function onNode(
  actions: number,
  helps?: (pod: PodFacts, after: NodeFacts, before: NodeFacts | undefined) => boolean,
): EventInterest {
  if (helps === undefined) return { on: "node", actions };
  return {
    on: "node",
    actions,
    helps: (pod, event) => event.on === "node" && event.after !== undefined && helps(pod, event.after, event.before),
  };
}

/** An interest in what becomes of nodes, also of those that go; `before` is absent of one that comes, `after` of one that goes. */
export function onNodeChange(
  actions: number,
  helps: (pod: PodFacts, change: { before?: NodeFacts; after?: NodeFacts }) => boolean,
): EventInterest {
  return { on: "node", actions, helps: (pod, event) => event.on === "node" && helps(pod, event) };
}

/** An interest in pods that have a node; `after` is absent when the pod is gone. */
export function onAssignedPod(
  actions: number,
  helps?: (pod: PodFacts, change: { before?: PodFacts; after?: PodFacts }) => boolean,
): EventInterest {
  if (helps === undefined) return { on: "assignedPod", actions };
  return {
    on: "assignedPod",
    actions,
    helps: (pod, event) => event.on === "assignedPod" && helps(pod, event),
  };
}

/** An interest in changes of the waiting pod itself. */
export function onOwnUpdate(actions: number, helps?: (after: PodFacts) => boolean): EventInterest {
  if (helps === undefined) return { on: "waitingPod", actions };
  return {
    on: "waitingPod",
    actions,
    helps: (_pod, event) => event.on === "waitingPod" && event.after !== undefined && helps(event.after),
  };
}

/** Which of a node's facts changed, as bits of Action. */
export function nodeUpdate(before: NodeFacts, after: NodeFacts): number {
  let actions = 0;
  if (!sameResources(before, after)) actions |= Action.updateNodeAllocatable;
  if (!equal(before.labels, after.labels)) actions |= Action.updateNodeLabel;
  if (before.unschedulable !== after.unschedulable || !equal(before.taints, after.taints)) {
    actions |= Action.updateNodeTaint;
  }
  return actions;
}

/** Which of a pod's facts changed, as bits of Action. */
export function podUpdate(before: PodFacts, after: PodFacts): number {
  let actions = 0;
  if (!equal(before.kind.labels, after.kind.labels)) actions |= Action.updatePodLabel;
  if (scaledDown(before, after)) actions |= Action.updatePodScaleDown;
  if (!equal(before.needs.tolerations, after.needs.tolerations)) actions |= Action.updatePodTolerations;
  if (before.needs.schedulingGates.length > 0 && after.needs.schedulingGates.length === 0)
    actions |= Action.updatePodGates;
  return actions;
}

function scaledDown(before: PodFacts, after: PodFacts): boolean {
  const old = before.needs.requests;
  const now = after.needs.requests;
  return now.milliCpu < old.milliCpu || now.memory < old.memory;
}

function sameResources(before: NodeFacts, after: NodeFacts): boolean {
  const a = before.allocatable;
  const b = after.allocatable;
  return (
    before.allowedPods === after.allowedPods &&
    a.milliCpu === b.milliCpu &&
    a.memory === b.memory &&
    a.ephemeralStorage === b.ephemeralStorage &&
    (a.scalars === b.scalars || equal([...(a.scalars ?? [])], [...(b.scalars ?? [])]))
  );
}

function equal(a: unknown, b: unknown): boolean {
  return a === b || equalJson(a, b);
}
