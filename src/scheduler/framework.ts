import type { NodeInfo } from "./cache/node-info.ts";
import type { PodFacts } from "./facts/pod-facts.ts";
import type { EventInterest } from "./queue/cluster-event.ts";

/**
 * The seam of the scheduler: one small interface an extension point. A plugin is an object with a name that has some of
 * them; which plugins there are is one table (plugins/registry.ts); the cycle (cycle.ts) calls them in order.
 *
 * - From PreFilter to Reserve a cycle runs to its end without waiting, so the cluster that plugins see stands still and is
 *   the live cache itself. None of these calls may wait or change what it is given.
 * - What a plugin computes once a cycle it returns as its state; it gets it back at every later call of that cycle.
 * - Permit, PreBind, Bind and PostBind run after the next pod's cycle has begun; they may wait, until the signal aborts.
 * - A plugin answers undefined when it has no objection.
 */
export interface Plugin {
  /** As upstream, e.g. `NodeResourcesFit`; shown to people and used in configuration. */
  readonly name: string;
  /**
   * What Filter says of a node follows from the pod's needs and the node alone, and what Score says as well where there is no
   * normalize; whether it is skipped follows from the needs. It is asked once for pods of the same needs, until the node changes.
   */
  readonly isLocal?: true;
}

/** The cluster as a cycle sees it. */
export interface Cluster {
  /** All nodes, neighbours in different zones where possible. */
  readonly nodes: readonly NodeInfo[];
  node(name: string): NodeInfo | undefined;
  /** Nodes with a pod that has affinity or anti-affinity of any sort, and those with a required anti-affinity. */
  readonly nodesWithAffinity: ReadonlySet<NodeInfo>;
  readonly nodesWithRequiredAntiAffinity: ReadonlySet<NodeInfo>;
  /** On how many nodes the image lies. */
  nodesWithImage(name: string): number;
  /** How many nodes have a label of that key. */
  nodesWithLabel(key: string): number;
  /** How many nodes have a taint that asks to be avoided (PreferNoSchedule). */
  readonly nodesToAvoid: number;
  /** Labels of a namespace; undefined when it is not known. */
  namespaceLabels(name: string): Readonly<Record<string, string>> | undefined;
  namespaceNames(): Iterable<string>;
}

/** Why a pod cannot go somewhere. */
export interface Rejection {
  /** For people, e.g. `Insufficient cpu`; counted over the nodes. */
  readonly reasons: readonly string[];
  /** True when removing pods from the node could not help. */
  readonly unresolvable?: boolean;
  /** Set when the plugin failed rather than objected: the pod is retried with back-off. */
  readonly error?: Error;
}

/** A rejection and who gave it. */
export interface NodeRejection extends Rejection {
  readonly plugin: string;
}

/** May a pod enter the active queue? Asked again when the pod changes or an event that the plugin asks for happens. */
export interface PreEnqueuePlugin extends Plugin {
  preEnqueue(pod: PodFacts): Rejection | undefined;
}

/** Which of two waiting pods goes first. Exactly one plugin has it. */
export interface QueueSortPlugin extends Plugin {
  less(a: QueuedPod, b: QueuedPod): boolean;
}

export interface QueuedPod {
  readonly pod: PodFacts;
  /** When it came into the queue this time: milliseconds, monotonic. */
  readonly enqueuedMs: number;
  /** A count of arrivals that breaks ties. */
  readonly sequence: number;
}

/** Which changes of the cluster make another attempt worth while for a pod that this plugin rejected. */
export interface QueueingHintPlugin extends Plugin {
  readonly retryOn: readonly EventInterest[];
}

/** Looks at the pod once. */
export interface PreFilterPlugin<State = unknown> extends Plugin {
  preFilter(pod: PodFacts, cluster: Cluster): PreFilterResult<State>;
  /** The state as if one pod were added to, or removed from, a node: preemption tries that on a copy. */
  changed?(state: State, change: PodChange): State;
}

export interface PodChange {
  /** The pod to be scheduled. */
  readonly pod: PodFacts;
  readonly node: NodeInfo;
  readonly added?: PodFacts;
  readonly removed?: PodFacts;
}

export type PreFilterResult<State> =
  /** Neither Filter nor anything later of this plugin concerns the pod. */
  | { readonly skip: true }
  /** No node will do. */
  | { readonly rejection: Rejection }
  /** `nodeNames`, when given, are the only nodes that can do. */
  | { readonly state: State; readonly nodeNames?: ReadonlySet<string> };

/** Is the node good enough? The order of plugins is from cheap to dear; the first objection counts. */
export interface FilterPlugin<State = unknown> extends Plugin {
  filter(pod: PodFacts, node: NodeInfo, state: State): Rejection | undefined;
}

/** No node was good enough: can one be made so? */
export interface PostFilterPlugin extends Plugin {
  postFilter(pod: PodFacts, cluster: Cluster, failure: FilterFailure): PostFilterResult;
}

/** What the filters said, by node name; nodes that are absent were ruled out in PreFilter. */
export interface FilterFailure {
  readonly byNode: ReadonlyMap<string, Rejection>;
  /** Starts to try what the filters would say if other pods came to the node, or went. */
  trial(node: NodeInfo): NodeTrial;
}

/** A copy of a node to try changes on. */
export interface NodeTrial {
  add(pod: PodFacts): void;
  remove(pod: PodFacts): void;
  /** The first objection to the node as it now is. */
  check(): Rejection | undefined;
}

export interface PostFilterResult {
  /** Empty: clears the nomination; absent: leaves it. */
  readonly nominatedNodeName?: string;
  /** Why it does not help; for people. */
  readonly message?: string;
}

/** Looks at the pod and the nodes that are left, once. `skip`: no scores from this plugin. */
export interface PreScorePlugin<State = unknown> extends Plugin {
  preScore(pod: PodFacts, nodes: readonly NodeInfo[], cluster: Cluster): { skip: true } | { state: State };
}

/** How good is the node, from 0 to 100 once normalized. */
export interface ScorePlugin<State = unknown> extends Plugin {
  score(pod: PodFacts, node: NodeInfo, state: State, cluster: Cluster): number;
  /** Brings the scores of all nodes into 0 to 100, in place. */
  normalize?(scores: number[], nodes: readonly NodeInfo[], state: State): void;
}

/** Takes what the pod needs before it is bound, and gives it back when binding fails. Both are idempotent. */
export interface ReservePlugin extends Plugin {
  reserve(pod: PodFacts, nodeName: string): Rejection | undefined;
  unreserve(pod: PodFacts, nodeName: string): void;
}

/** The last word before binding; may wait. */
export interface PermitPlugin extends Plugin {
  permit(pod: PodFacts, nodeName: string, signal: AbortSignal): Promise<Rejection | undefined>;
}

/** Makes the node ready for the pod (volumes). */
export interface PreBindPlugin extends Plugin {
  /** Whether there is something to do that may take long: then the pod is promised its node before. */
  hasWork(pod: PodFacts): boolean;
  preBind(pod: PodFacts, nodeName: string, signal: AbortSignal): Promise<Rejection | undefined>;
}

/** Binds the pod; the first plugin that answers other than `skip` has done it. Rejects when it failed. */
export interface BindPlugin extends Plugin {
  bind(pod: PodFacts, nodeName: string): Promise<"bound" | "skip">;
}

/** Hears that the pod is bound. */
export interface PostBindPlugin extends Plugin {
  postBind(pod: PodFacts, nodeName: string): void;
}
