import { matchesRequiredAffinity } from "../../api/core/node-selector.ts";
import type { Node, Pod } from "../../api/generated/core/v1.ts";
import { podRequests } from "./resources.ts";

export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

export interface AdmissionInput {
  readonly node: Node | undefined;
  /** Pods that already have their place on the node. */
  readonly others: readonly Pod[];
  /** What the node has for pods: cpu in thousandths, the others in units; `pods` among them. */
  readonly allocatable: Readonly<Record<string, number>>;
}

/** Why this node cannot take a pod that is bound to it; undefined when it can. Upstream's admission checks and words. */
export function rejection(pod: Pod, input: AdmissionInput): Rejection | undefined {
  return resourceRejection(pod, input) ?? affinityRejection(pod, input.node);
}

function resourceRejection(pod: Pod, { others, allocatable }: AdmissionInput): Rejection | undefined {
  const used: Record<string, number> = {};
  for (const other of others) {
    const amounts = podRequests(other);
    for (const name in amounts) used[name] = (used[name] ?? 0) + amounts[name]!;
  }
  const requested = { pods: 1, ...podRequests(pod) };
  used.pods = others.length;
  for (const [name, amount] of Object.entries(requested)) {
    const capacity = allocatable[name] ?? 0;
    if (amount === 0 || amount + (used[name] ?? 0) <= capacity) continue;
    const message = `Node didn't have enough resource: ${name}, requested: ${amount}, used: ${used[name] ?? 0}, capacity: ${capacity}`;
    return { reason: `OutOf${name}`, message };
  }
  return undefined;
}

function affinityRejection(pod: Pod, node: Node | undefined): Rejection | undefined {
  if (node === undefined) return undefined;
  const { nodeSelector, affinity } = pod.spec ?? {};
  const { name = "", labels = {} } = node.metadata ?? {};
  const fits = matchesRequiredAffinity({ nodeSelector, nodeAffinity: affinity?.nodeAffinity }, { name, labels });
  if (fits) return undefined;
  return {
    reason: "NodeAffinity",
    message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  };
}
