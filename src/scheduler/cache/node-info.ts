import { type HostPort, portsCollide } from "../../api/core/host-ports.ts";
import type { NodeFacts } from "../facts/node-facts.ts";
import type { PodFacts, PodKind, PodNeeds } from "../facts/pod-facts.ts";
import { ResourceSum } from "../facts/resources.ts";
import type { NodeRejection } from "../framework.ts";

/** What was found out about a node for pods of the same needs. */
export interface Judgement {
  readonly needs: PodNeeds;
  /** The first objection of the filters that look at nothing else. */
  readonly rejection: NodeRejection | undefined;
  /** What the scores come to that look at nothing else; unknown before somebody has asked. */
  score: number | undefined;
}

const NO_PODS: ReadonlySet<PodFacts> = new Set();

/**
 * A node with the pods on it, and their sums, which are kept up to date in constant time a change.
 *
 * A cycle asks hundreds of nodes, and pods of one workload come by the thousand. What they ask is answered from what stands here,
 * in the node's own first fields, as long as the node is as it was: to follow references to its labels, images and pods takes
 * longer than to compute with them, since of thousands of nodes nothing stays near the processor.
 */
export class NodeInfo {
  readonly name: string;
  judgement: Judgement | undefined;
  /** Who counted pods here last, and what came of it. */
  countedBy: object | undefined;
  counted = 0;
  /** Which images somebody wanted to know the sizes of last, and what they are here: one number where it is one image. */
  sizedFor: readonly string[] | undefined;
  sizes: number | readonly number[] = 0;
  #facts: NodeFacts;
  /** By uid. */
  readonly pods: Map<string, PodFacts>;
  /** How many pods of each kind there are, those that are about to go left out. */
  readonly kinds: Map<PodKind, number>;
  /** Made when there is one, as the uses of ports: most nodes have none. */
  #podsWithAffinity: Set<PodFacts> | undefined;
  #podsWithRequiredAntiAffinity: Set<PodFacts> | undefined;
  readonly requested = new ResourceSum();
  readonly nonZeroRequested = new ResourceSum();
  #portUses: Map<string, HostPort & { uses: number }> | undefined;

  /** @param like a node whose pods this one starts with */
  constructor(facts: NodeFacts, like?: NodeInfo) {
    this.name = facts.name;
    this.#facts = facts;
    this.pods = new Map(like?.pods);
    this.kinds = new Map(like?.kinds);
    if (like === undefined) return;
    this.#podsWithAffinity = like.#podsWithAffinity && new Set(like.#podsWithAffinity);
    this.#podsWithRequiredAntiAffinity =
      like.#podsWithRequiredAntiAffinity && new Set(like.#podsWithRequiredAntiAffinity);
    this.#portUses = like.#portUses && new Map(like.#portUses);
    this.requested.add(like.requested);
    this.nonZeroRequested.add(like.nonZeroRequested);
  }

  get podsWithAffinity(): ReadonlySet<PodFacts> {
    return this.#podsWithAffinity ?? NO_PODS;
  }

  get podsWithRequiredAntiAffinity(): ReadonlySet<PodFacts> {
    return this.#podsWithRequiredAntiAffinity ?? NO_PODS;
  }

  get facts(): NodeFacts {
    return this.#facts;
  }

  set facts(facts: NodeFacts) {
    this.#facts = facts;
    this.sizedFor = undefined;
    this.#forget();
  }

  /** Adds the pod, in place of an older one with its uid. */
  addPod(pod: PodFacts): void {
    this.removePod(pod.uid);
    this.#forget();
    this.pods.set(pod.uid, pod);
    this.#countKind(pod, 1);
    this.requested.add(pod.needs.requests);
    this.nonZeroRequested.add(pod.needs.nonZeroRequests);
    if (hasAffinity(pod)) (this.#podsWithAffinity ??= new Set()).add(pod);
    if (pod.needs.requiredAntiAffinity.length > 0) (this.#podsWithRequiredAntiAffinity ??= new Set()).add(pod);
    for (const port of pod.needs.hostPorts) this.#usePort(port, 1);
  }

  /** Removes the pod; nothing happens when it is not there. */
  removePod(uid: string): void {
    const pod = this.pods.get(uid);
    if (pod === undefined) return;
    this.#forget();
    this.pods.delete(uid);
    this.#countKind(pod, -1);
    this.requested.subtract(pod.needs.requests);
    this.nonZeroRequested.subtract(pod.needs.nonZeroRequests);
    this.#podsWithAffinity?.delete(pod);
    this.#podsWithRequiredAntiAffinity?.delete(pod);
    for (const port of pod.needs.hostPorts) this.#usePort(port, -1);
  }

  /** True when a pod on the node holds a port that collides with the wanted one. */
  portTaken(wanted: HostPort): boolean {
    if (this.#portUses === undefined) return false;
    for (const used of this.#portUses.values()) if (portsCollide(used, wanted)) return true;
    return false;
  }

  /** A copy for a trial; the node's own state is not touched by changes of it. */
  copy(): NodeInfo {
    return new NodeInfo(this.facts, this);
  }

  #forget(): void {
    this.judgement = undefined;
    this.countedBy = undefined;
  }

  #countKind({ kind, standing }: PodFacts, change: number): void {
    if (standing.beingDeleted) return;
    const count = (this.kinds.get(kind) ?? 0) + change;
    if (count === 0) this.kinds.delete(kind);
    else this.kinds.set(kind, count);
  }

  #usePort(port: HostPort, change: number): void {
    const key = `${port.ip}/${port.protocol}/${port.port}`;
    const portUses = (this.#portUses ??= new Map());
    const uses = (portUses.get(key)?.uses ?? 0) + change;
    if (uses <= 0) portUses.delete(key);
    else portUses.set(key, { ...port, uses });
  }
}

/** True when the pod says anything about other pods. */
function hasAffinity(pod: PodFacts): boolean {
  return (
    pod.needs.requiredAffinity.length > 0 ||
    pod.needs.requiredAntiAffinity.length > 0 ||
    pod.needs.preferredAffinity.length > 0 ||
    pod.needs.preferredAntiAffinity.length > 0
  );
}
