import type { NodeFacts } from "../facts/node-facts.ts";
import type { PodFacts } from "../facts/pod-facts.ts";
import type { Resources } from "../facts/resources.ts";
import type { FilterPlugin, QueueingHintPlugin, Rejection, ScorePlugin } from "../framework.ts";
import { Action, onAssignedPod, onNode, onOwnUpdate } from "../queue/cluster-event.ts";
import { MAX_NODE_SCORE } from "./normalize.ts";

/** The node has room for what the pod requests; of those that have, the emptier ones are better (LeastAllocated). */
export const nodeResourcesFit: FilterPlugin & ScorePlugin & QueueingHintPlugin = {
  name: "NodeResourcesFit",
  isLocal: true,
  retryOn: [
    onAssignedPod(Action.delete | Action.updatePodScaleDown, (pod, { before, after }) => {
      return before !== undefined && freesSomething(pod, before, after);
    }),
    onNode(Action.add | Action.updateNodeAllocatable, (pod, node, before) => {
      return couldFit(pod, node) && (before === undefined || grew(pod, before, node));
    }),
    onOwnUpdate(Action.updatePodScaleDown),
  ],
  filter(pod, node) {
    return insufficient(pod, node.facts, { requested: node.requested, pods: node.pods.size });
  },
  score(pod, node) {
    const { allocatable } = node.facts;
    const cpu = leastRequested(
      node.nonZeroRequested.milliCpu + pod.needs.nonZeroRequests.milliCpu,
      allocatable.milliCpu,
    );
    const memory = leastRequested(node.nonZeroRequested.memory + pod.needs.nonZeroRequests.memory, allocatable.memory);
    const weights = Number(allocatable.milliCpu > 0) + Number(allocatable.memory > 0);
    return weights === 0 ? 0 : Math.floor((cpu + memory) / weights);
  },
};

/** What the node lacks for the pod; undefined when it lacks nothing. */
function insufficient(
  pod: PodFacts,
  node: NodeFacts,
  used: { requested: Resources; pods: number },
): Rejection | undefined {
  const { requests } = pod.needs;
  const { allocatable } = node;
  const { requested } = used;
  const fits =
    used.pods < node.allowedPods &&
    isEnough(requests.milliCpu, allocatable.milliCpu, requested.milliCpu) &&
    isEnough(requests.memory, allocatable.memory, requested.memory) &&
    isEnough(requests.ephemeralStorage, allocatable.ephemeralStorage, requested.ephemeralStorage) &&
    requests.scalars === undefined;
  return fits ? undefined : explain(pod, node, used);
}

function isEnough(wanted: number, allocatable: number, requested: number): boolean {
  return wanted === 0 || wanted <= allocatable - requested;
}

/** Names everything that is short. */
function explain(
  { needs: { requests } }: PodFacts,
  { allocatable, allowedPods }: NodeFacts,
  { requested, pods }: { requested: Resources; pods: number },
): Rejection | undefined {
  let found = pods < allowedPods ? undefined : answerOf("", "Too many pods", false);
  const check = (name: string, wanted: number, has: number, taken: number): void => {
    if (isEnough(wanted, has, taken)) return;
    found = also(found, answerOf(name, `Insufficient ${name}`, wanted > has));
  };
  check("cpu", requests.milliCpu, allocatable.milliCpu, requested.milliCpu);
  check("memory", requests.memory, allocatable.memory, requested.memory);
  check("ephemeral-storage", requests.ephemeralStorage, allocatable.ephemeralStorage, requested.ephemeralStorage);
  for (const [name, wanted] of requests.scalars ?? []) {
    check(name, wanted, allocatable.scalars?.get(name) ?? 0, requested.scalars?.get(name) ?? 0);
  }
  return found;
}

/** One short resource is the usual answer, given for thousands of nodes: each is made once. */
const resolvable = new Map<string, Rejection>();
const unresolvable = new Map<string, Rejection>();
const KNOWN_LIMIT = 1024;

function answerOf(name: string, reason: string, hopeless: boolean): Rejection {
  const known = hopeless ? unresolvable : resolvable;
  let answer = known.get(name);
  if (answer === undefined) {
    answer = hopeless ? { reasons: [reason], unresolvable: true } : { reasons: [reason] };
    if (known.size >= KNOWN_LIMIT) known.clear();
    known.set(name, answer);
  }
  return answer;
}

function also(before: Rejection | undefined, more: Rejection): Rejection {
  if (before === undefined) return more;
  const reasons = [...before.reasons, ...more.reasons];
  return before.unresolvable || more.unresolvable ? { reasons, unresolvable: true } : { reasons };
}

/** True when the node, were it empty, would take the pod. */
function couldFit(pod: PodFacts, node: NodeFacts): boolean {
  const nothing: Resources = { milliCpu: 0, memory: 0, ephemeralStorage: 0 };
  return insufficient(pod, node, { requested: nothing, pods: 0 }) === undefined;
}

/** True when the node offers more than before of something that the pod wants. */
function grew(pod: PodFacts, before: NodeFacts, after: NodeFacts): boolean {
  if (after.allowedPods > before.allowedPods) return true;
  return amountsWanted(pod.needs.requests).some(
    (name) => amountOf(after.allocatable, name) > amountOf(before.allocatable, name),
  );
}

/** True when the other pod, gone or smaller, leaves something that the pod wants; each pod gone leaves room for one. */
function freesSomething(pod: PodFacts, before: PodFacts, after: PodFacts | undefined): boolean {
  if (after === undefined) return true;
  return amountsWanted(pod.needs.requests).some(
    (name) => amountOf(after.needs.requests, name) < amountOf(before.needs.requests, name),
  );
}

function amountsWanted(requests: Resources): string[] {
  const names = ["cpu", "memory", "ephemeral-storage", ...(requests.scalars?.keys() ?? [])];
  return names.filter((name) => amountOf(requests, name) > 0);
}

function amountOf(resources: Resources, name: string): number {
  if (name === "cpu") return resources.milliCpu;
  if (name === "memory") return resources.memory;
  if (name === "ephemeral-storage") return resources.ephemeralStorage;
  return resources.scalars?.get(name) ?? 0;
}

function leastRequested(requested: number, capacity: number): number {
  if (capacity <= 0 || requested > capacity) return 0;
  return Math.floor(((capacity - requested) * MAX_NODE_SCORE) / capacity);
}
