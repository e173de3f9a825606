import { namespaces, nodes, pods } from "../api/generated/resources.ts";
import type { Change, Informer, InformerSet } from "../client/informer.ts";
import type { ClusterCache } from "./cache/cluster-cache.ts";
import { type NodeFacts, nodeFacts } from "./facts/node-facts.ts";
import { type PodFacts, podFacts } from "./facts/pod-facts.ts";
import { type VolumeInformers, volumeInformers } from "./facts/volume-facts.ts";
import type { Nominations } from "./nominations.ts";
import { Action, nodeUpdate, podUpdate } from "./queue/cluster-event.ts";
import type { SchedulingQueue } from "./queue/scheduling-queue.ts";

interface NamespaceFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface SchedulerInformers {
  readonly pods: Informer<PodFacts>;
  readonly nodes: Informer<NodeFacts>;
  readonly namespaces: Informer<NamespaceFacts>;
  readonly volumes: VolumeInformers;
}

/** What the scheduler watches. Pods that have ended hold nothing and are left out. */
export function schedulerInformers(set: InformerSet): SchedulerInformers {
  return {
    pods: set.projected({
      resource: pods,
      fieldSelector: "status.phase!=Succeeded,status.phase!=Failed",
      project: podFacts,
    }),
    nodes: set.projected({ resource: nodes, project: nodeFacts }),
    namespaces: set.projected({
      resource: namespaces,
      project: (namespace) => ({
        name: namespace.metadata?.name ?? "",
        labels: namespace.metadata?.labels ?? {},
      }),
    }),
    volumes: volumeInformers(set),
  };
}

/** Where the changes go. */
export interface WatchTargets {
  readonly cache: ClusterCache;
  readonly queue: SchedulingQueue;
  readonly nominations: Nominations;
  /** True for pods that name this scheduler. */
  isResponsible(pod: PodFacts): boolean;
}

/** Keeps cache and queue up to date. Answers how to stop. */
export function followCluster(informers: SchedulerInformers, targets: WatchTargets): () => void {
  const stops = [
    informers.namespaces.subscribe(({ key, after, before }) => {
      targets.cache.setNamespace(key, after?.labels);
      const actions = after === undefined ? Action.delete : before === undefined ? Action.add : Action.updateOther;
      targets.queue.happened({ on: "namespace", actions });
    }),
    informers.volumes.claims.subscribe((change) => storageChanged(change, targets)),
    informers.volumes.volumes.subscribe((change) => storageChanged(change, targets)),
    informers.volumes.classes.subscribe((change) => storageChanged(change, targets)),
    informers.nodes.subscribe((change) => nodeChanged(change, targets)),
    informers.pods.subscribe((change) => podChanged(change, targets)),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function storageChanged({ before, after }: Change<unknown>, { queue }: WatchTargets): void {
  const actions = after === undefined ? Action.delete : before === undefined ? Action.add : Action.updateOther;
  queue.happened({ on: "volume", actions });
}

function nodeChanged({ before, after }: Change<NodeFacts>, { cache, queue }: WatchTargets): void {
  if (after === undefined) {
    if (before === undefined) return;
    cache.removeNode(before.name);
    queue.happened({ on: "node", actions: Action.delete, before });
    return;
  }
  cache.setNode(after);
  if (before === undefined) queue.happened({ on: "node", actions: Action.add, after });
  else queue.happened({ on: "node", actions: nodeUpdate(before, after), before, after });
}

function podChanged(change: Change<PodFacts>, targets: WatchTargets): void {
  const { before, after, cause } = change;
  if (before !== undefined && after !== undefined && (before.uid !== after.uid || losesNode(before, after))) {
    podGone(before, targets);
    podChanged({ key: change.key, after, cause }, targets);
  } else if (after === undefined) {
    if (before !== undefined) podGone(before, targets);
  } else if (after.nodeName !== "") podPlaced(before, after, targets);
  else if (targets.cache.isAssumed(after.uid)) {
    if (after.standing.beingDeleted && before?.standing.beingDeleted !== true) assumedLeaves(after, targets);
  } else if (targets.isResponsible(after)) {
    followPromise(before, after, targets);
    targets.queue.add(after, cause);
  }
}

/** Only a store that was put back to an earlier state says so: the pod waits anew. */
function losesNode(before: PodFacts, after: PodFacts): boolean {
  return before.nodeName !== "" && after.nodeName === "";
}

/** Who is being deleted is not bound any more: others may have the room. */
function assumedLeaves(pod: PodFacts, { cache, queue }: WatchTargets): void {
  cache.forget(pod.uid);
  queue.happened({ on: "assignedPod", actions: Action.delete, before: pod });
}

/** The pod's status may have a promise from elsewhere, or not have it any more; promises that were just made are here first. */
function followPromise(before: PodFacts | undefined, after: PodFacts, targets: WatchTargets): void {
  const { nominations } = targets;
  const [was, is] = [before?.standing.nominatedNodeName ?? "", after.standing.nominatedNodeName];
  if (before === undefined ? nominations.nodeOf(after.uid) === "" : was !== is) nominations.set(after, is);
  if (before !== undefined && was !== "" && was !== is) promiseEnds(before, targets);
}

/** Pods that are no more important have taken the promised room for taken. */
function promiseEnds(pod: PodFacts, { queue }: WatchTargets): void {
  queue.happened({ on: "assignedPod", actions: Action.delete, before: pod, upToPriority: pod.needs.priority });
}

function podGone(pod: PodFacts, targets: WatchTargets): void {
  const { cache, queue, nominations } = targets;
  const wasPromised = nominations.nodeOf(pod.uid) !== "";
  queue.remove(pod.uid);
  nominations.remove(pod.uid);
  const wasPlaced = pod.nodeName !== "" || cache.isAssumed(pod.uid);
  cache.removePod(pod);
  if (wasPlaced) queue.happened({ on: "assignedPod", actions: Action.delete, before: pod });
  else if (wasPromised) promiseEnds(pod, targets);
}

function podPlaced(before: PodFacts | undefined, after: PodFacts, targets: WatchTargets): void {
  const { cache, queue, nominations } = targets;
  queue.remove(after.uid);
  nominations.remove(after.uid);
  cache.setPod(after, before);
  if (before === undefined || before.nodeName === "") {
    queue.happened({ on: "assignedPod", actions: Action.add, after });
  } else {
    queue.happened({ on: "assignedPod", actions: podUpdate(before, after), before, after });
  }
}
