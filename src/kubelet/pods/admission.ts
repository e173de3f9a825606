import { type HostPort, hostPorts, portsCollide } from "../../api/core/host-ports.ts";
import { matchesRequiredAffinity } from "../../api/core/node-selector.ts";
import { findUntolerated } from "../../api/core/tolerations.ts";
import { isExtendedResource } from "../../api/core/validate-resources.ts";
import type { Node, Pod } from "../../api/generated/core/v1.ts";
import { quantityValue } from "../../api/quantity.ts";
import { appArmorRejection } from "./app-armor.ts";
import { podRequests } from "./resources.ts";
import { sysctlRejection } from "./sysctls.ts";

const OS_LABEL = "kubernetes.io/os";

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
  /** The kernel enforces AppArmor profiles. */
  readonly enforcesAppArmor: boolean;
}

/** Why this node cannot take a pod that is bound to it; undefined when it can. Upstream's admission checks and words, in its order. */
export function rejection(pod: Pod, input: AdmissionInput): Rejection | undefined {
  return (
    sysctlRejection(pod) ??
    systemRejection(pod, input.node) ??
    resourceRejection(pod, input) ??
    predicateRejection(pod, input) ??
    appArmorRejection(pod, input.enforcesAppArmor)
  );
}

/** What no other pod's end would help. */
function systemRejection({ metadata, spec }: Pod, node: Node | undefined): Rejection | undefined {
  const system = node?.metadata?.labels?.[OS_LABEL];
  const wanted = metadata?.labels?.[OS_LABEL];
  if (system !== undefined && wanted !== undefined && wanted !== system) {
    const message = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
    return { reason: "PodOSSelectorNodeLabelDoesNotMatch", message };
  }
  if (system !== undefined && spec?.os !== undefined && spec.os.name !== system) {
    return { reason: "PodOSNotSupported", message: "Failed to admit pod as the OS field doesn't match node OS" };
  }
  const isStrict = spec?.securityContext?.supplementalGroupsPolicy === "Strict";
  if (isStrict && node !== undefined && node.status?.features?.supplementalGroupsPolicy !== true) {
    const message = "SupplementalGroupsPolicy=Strict is not supported in this node";
    return { reason: "SupplementalGroupsPolicyNotSupported", message };
  }
  return undefined;
}

function resourceRejection(pod: Pod, { node, others, allocatable }: AdmissionInput): Rejection | undefined {
  const used: Record<string, number> = {};
  for (const other of others) {
    const amounts = podRequests(other);
    for (const name in amounts) used[name] = (used[name] ?? 0) + amounts[name]!;
  }
  const requested = { pods: 1, ...podRequests(pod) };
  used.pods = others.length;
  const told = node?.status?.allocatable ?? {};
  for (const [name, amount] of Object.entries(requested)) {
    // What the node does not know is a resource of the cluster; what somebody else put into its status, it has.
    if (told[name] === undefined && isExtendedResource(name)) continue;
    const capacity = allocatable[name] ?? quantityValue(told[name] ?? "0");
    if (amount === 0 || amount + (used[name] ?? 0) <= capacity) continue;
    const message = `Node didn't have enough resource: ${name}, requested: ${amount}, used: ${used[name] ?? 0}, capacity: ${capacity}`;
    return { reason: `OutOf${name}`, message };
  }
  return undefined;
}

function predicateRejection(pod: Pod, { node, others }: AdmissionInput): Rejection | undefined {
  const failed = (reason: string, why: string) => ({ reason, message: `Predicate ${reason} failed: ${why}` });
  const { nodeSelector, affinity, tolerations = [] } = pod.spec ?? {};
  const { name = "", labels = {} } = node?.metadata ?? {};
  const required = { nodeSelector, nodeAffinity: affinity?.nodeAffinity };
  if (node !== undefined && !matchesRequiredAffinity(required, { name, labels })) {
    return failed("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
  }
  const wanted = hostPorts(pod);
  const isTaken = (port: HostPort) => others.some((other) => hostPorts(other).some((held) => portsCollide(held, port)));
  if (wanted.some(isTaken)) return failed("NodePorts", "node(s) didn't have free ports for the requested pod ports");
  if (findUntolerated(node?.spec?.taints ?? [], tolerations, ["NoExecute"]) !== undefined) {
    return failed("TaintToleration", "node(s) had taints that the pod didn't tolerate");
  }
  return undefined;
}
