import type { PodFacts } from "./facts/pod-facts.ts";

/** Nodes that preemption has made room on for pods that wait: others must not take the room meanwhile. */
export class Nominations {
  readonly #nodes = new Map<string, Map<string, PodFacts>>();
  readonly #nodeOf = new Map<string, string>();

  /** Promises the node to the pod; an empty name takes the promise back. */
  set(pod: PodFacts, nodeName: string): void {
    this.remove(pod.uid);
    if (nodeName === "") return;
    this.#nodeOf.set(pod.uid, nodeName);
    const pods = this.#nodes.get(nodeName);
    if (pods === undefined) this.#nodes.set(nodeName, new Map([[pod.uid, pod]]));
    else pods.set(pod.uid, pod);
  }

  remove(uid: string): void {
    const nodeName = this.#nodeOf.get(uid);
    if (nodeName === undefined) return;
    this.#nodeOf.delete(uid);
    const pods = this.#nodes.get(nodeName)!;
    pods.delete(uid);
    if (pods.size === 0) this.#nodes.delete(nodeName);
  }

  nodeOf(uid: string): string {
    return this.#nodeOf.get(uid) ?? "";
  }

  /** Pods that the node is promised to. */
  on(nodeName: string): readonly PodFacts[] {
    const pods = this.#nodes.get(nodeName);
    return pods === undefined ? NONE : [...pods.values()];
  }

  /** Those of at least the pod's priority, without the pod itself. */
  before(nodeName: string, pod: PodFacts): readonly PodFacts[] {
    if (this.#nodes.size === 0) return NONE;
    return this.on(nodeName).filter((other) => other.uid !== pod.uid && other.needs.priority >= pod.needs.priority);
  }
}

const NONE: readonly PodFacts[] = [];
