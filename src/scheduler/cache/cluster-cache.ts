import { equalJson } from "../../api/patch/json-value.ts";
import { InvariantError } from "../../base/assert.ts";
import type { NodeFacts } from "../facts/node-facts.ts";
import type { PodFacts } from "../facts/pod-facts.ts";
import type { Cluster } from "../framework.ts";
import { NodeInfo } from "./node-info.ts";
import { interleaveZones } from "./node-order.ts";

/**
 * Nodes and the pods on them, assumed pods among them: those that a cycle has placed and whose binding is on its way.
 * Every change costs constant time. It is also what cycles see: they never wait, so nothing changes under them.
 */
export class ClusterCache implements Cluster {
  readonly #infos = new Map<string, NodeInfo>();
  /** Where pods are, by uid, of which the API server has not said so yet; of all others their facts say it. */
  readonly #assumed = new Map<string, string>();
  #podCount = 0;
  readonly #imageNodes = new Map<string, number>();
  readonly #labelNodes = new Map<string, number>();
  #nodesToAvoid = 0;
  readonly #namespaces = new Map<string, Readonly<Record<string, string>>>();
  readonly #withAffinity = new Set<NodeInfo>();
  readonly #withRequiredAntiAffinity = new Set<NodeInfo>();
  /** Nodes whose object is known; a pod may come before its node. */
  readonly #known = new Set<string>();
  #ordered: NodeInfo[] | undefined;

  get nodes(): readonly NodeInfo[] {
    this.#ordered ??= interleaveZones([...this.#known].map((name) => this.#infos.get(name)!));
    return this.#ordered;
  }

  /** Nodes, pods on them, and how many of those are only assumed. */
  get sizes(): { nodes: number; pods: number; assumedPods: number } {
    return { nodes: this.#known.size, pods: this.#podCount, assumedPods: this.#assumed.size };
  }

  get nodesWithAffinity(): ReadonlySet<NodeInfo> {
    return this.#withAffinity;
  }

  get nodesWithRequiredAntiAffinity(): ReadonlySet<NodeInfo> {
    return this.#withRequiredAntiAffinity;
  }

  node(name: string): NodeInfo | undefined {
    return this.#known.has(name) ? this.#infos.get(name) : undefined;
  }

  nodesWithImage(name: string): number {
    return this.#imageNodes.get(name) ?? 0;
  }

  nodesWithLabel(key: string): number {
    return this.#labelNodes.get(key) ?? 0;
  }

  get nodesToAvoid(): number {
    return this.#nodesToAvoid;
  }

  namespaceLabels(name: string): Readonly<Record<string, string>> | undefined {
    return this.#namespaces.get(name);
  }

  namespaceNames(): Iterable<string> {
    return this.#namespaces.keys();
  }

  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): void {
    if (labels === undefined) this.#namespaces.delete(name);
    else this.#namespaces.set(name, labels);
  }

  setNode(facts: NodeFacts): void {
    const info = this.#infos.get(facts.name);
    const before = this.#known.has(facts.name) ? info?.facts : undefined;
    if (info === undefined) this.#infos.set(facts.name, new NodeInfo(facts));
    else info.facts = facts;
    this.#known.add(facts.name);
    this.#count(before, facts);
    this.#refileAffinity(this.#infos.get(facts.name)!);
    if (before === undefined || before.zone !== facts.zone) this.#ordered = undefined;
  }

  removeNode(name: string): void {
    const info = this.#infos.get(name);
    if (info === undefined || !this.#known.has(name)) return;
    this.#known.delete(name);
    this.#count(info.facts, undefined);
    this.#withAffinity.delete(info);
    this.#withRequiredAntiAffinity.delete(info);
    this.#ordered = undefined;
    if (info.pods.size === 0) this.#infos.delete(name);
  }

  /**
   * Files a pod that the API server says is on a node; confirms an assumed one.
   *
   * @param before the pod as it was filed last; without it the pod is new here, or assumed
   */
  setPod(pod: PodFacts, before?: PodFacts): void {
    const nodeName = this.#assumed.get(pod.uid) ?? before?.nodeName;
    this.#assumed.delete(pod.uid);
    if (nodeName !== undefined && nodeName !== pod.nodeName) this.#take(pod.uid, nodeName);
    this.#put(pod, pod.nodeName);
  }

  /** @param pod as it was filed last; it may be assumed */
  removePod({ uid, nodeName }: PodFacts): void {
    this.forget(uid);
    this.#take(uid, nodeName);
  }

  /**
   * Counts the pod on the node from now on, before its binding is known.
   *
   * @throws InvariantError when it has a node already, assumed or not
   */
  assume(pod: PodFacts, nodeName: string): void {
    if (pod.nodeName !== "" || this.#assumed.has(pod.uid)) {
      throw new InvariantError(`pod ${pod.key} (${pod.uid}) is placed already`);
    }
    this.#assumed.set(pod.uid, nodeName);
    this.#put({ ...pod, nodeName }, nodeName);
  }

  /** Takes an assumption back; nothing happens when the API server has confirmed it meanwhile. */
  forget(uid: string): void {
    const nodeName = this.#assumed.get(uid);
    if (nodeName === undefined) return;
    this.#assumed.delete(uid);
    this.#take(uid, nodeName);
  }

  isAssumed(uid: string): boolean {
    return this.#assumed.has(uid);
  }

  #put(pod: PodFacts, nodeName: string): void {
    let info = this.#infos.get(nodeName);
    if (info === undefined) {
      info = new NodeInfo(absentNode(nodeName));
      this.#infos.set(nodeName, info);
    }
    const { size } = info.pods;
    info.addPod(pod);
    this.#podCount += info.pods.size - size;
    this.#refileAffinity(info);
  }

  #take(uid: string, nodeName: string): void {
    const info = this.#infos.get(nodeName);
    if (info === undefined) return;
    const { size } = info.pods;
    info.removePod(uid);
    this.#podCount += info.pods.size - size;
    this.#refileAffinity(info);
    if (info.pods.size === 0 && !this.#known.has(nodeName)) this.#infos.delete(nodeName);
  }

  #refileAffinity(info: NodeInfo): void {
    const known = this.#known.has(info.name);
    file(this.#withAffinity, info, known && info.podsWithAffinity.size > 0);
    file(this.#withRequiredAntiAffinity, info, known && info.podsWithRequiredAntiAffinity.size > 0);
  }

  /** Counts a node as it is instead of as it was. */
  #count(before: NodeFacts | undefined, after: NodeFacts | undefined): void {
    recount(this.#imageNodes, before?.images.keys() ?? [], -1);
    recount(this.#imageNodes, after?.images.keys() ?? [], 1);
    this.#nodesToAvoid += Number(asksToBeAvoided(after)) - Number(asksToBeAvoided(before));
    // A node says something new often, and seldom has other labels.
    if (before !== undefined && after !== undefined && equalJson(before.labels, after.labels)) return;
    recount(this.#labelNodes, Object.keys(before?.labels ?? {}), -1);
    recount(this.#labelNodes, Object.keys(after?.labels ?? {}), 1);
  }
}

function recount(counts: Map<string, number>, names: Iterable<string>, change: number): void {
  for (const name of names) {
    const count = (counts.get(name) ?? 0) + change;
    if (count <= 0) counts.delete(name);
    else counts.set(name, count);
  }
}

function asksToBeAvoided(facts: NodeFacts | undefined): boolean {
  return facts?.taints.some(({ effect }) => effect === "PreferNoSchedule") === true;
}

function file<T>(set: Set<T>, item: T, belongs: boolean): void {
  if (belongs) set.add(item);
  else set.delete(item);
}

/** Stands for a node whose object has not come yet, or is gone before its pods. */
function absentNode(name: string): NodeFacts {
  return {
    name,
    uid: "",
    labels: {},
    unschedulable: true,
    taints: [],
    allocatable: { milliCpu: 0, memory: 0, ephemeralStorage: 0 },
    allowedPods: 0,
    images: new Map(),
    zone: "",
  };
}
