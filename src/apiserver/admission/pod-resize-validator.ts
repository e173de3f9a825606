import type { Node, Pod } from "../../api/generated/core/v1.ts";
import { nodes } from "../../api/generated/resources.ts";
import { compareQuantities, parseQuantity, quantityMilli, quantityOf, quantityValue } from "../../api/quantity.ts";
import { podAmounts } from "../../api/quota/pod-amounts.ts";
import { failure, type StatusError } from "../../api/status.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { draftOf, isResource, refuse } from "./refuse.ts";

const OS_LABEL = "kubernetes.io/os";

/** A pod on a node is resized only as far as the node, with nothing else on it, could ever give. */
export function podResizeValidator({ reader }: AdmissionDependencies): AdmissionPlugin {
  return {
    name: "PodResizeValidator",
    handles: (attributes) =>
      attributes.operation === "UPDATE" && attributes.subresource === "resize" && isResource(attributes, "pods"),
    async validate(attributes) {
      const pod = draftOf<Pod>(attributes);
      const nodeName = pod.spec?.nodeName ?? "";
      if (nodeName === "" || pod.metadata?.generation === attributes.oldObject?.metadata?.generation) return;
      const node = await reader.get(nodes, undefined, nodeName);
      if (node === undefined) throw refuse(attributes, `node "${nodeName}" not found`);
      const os = node.metadata?.labels?.[OS_LABEL];
      if (os !== undefined && os !== "linux") {
        const why = `pod resize is only supported on linux nodes, node "${nodeName}" is "${os}"`;
        throw refuseBecause(attributes, why, "UnsupportedPlatform");
      }
      const lacking = whatIsLacking(pod, node);
      if (lacking.length === 0) return;
      const why = `node didn't have enough allocatable resources: ${lacking.join("; ")}`;
      throw refuseBecause(attributes, why, "NodeCapacity");
    },
  };
}

function refuseBecause(attributes: AdmissionAttributes, why: string, reason: string): StatusError {
  const { code, message, status } = refuse(attributes, why);
  return failure(code, status.reason ?? "", message, { ...status.details, causes: [{ reason }] });
}

function whatIsLacking(pod: Pod, node: Node): string[] {
  const requests = podAmounts(pod, "requests");
  const units = { cpu: quantityMilli, memory: quantityValue } as const;
  return (["cpu", "memory"] as const).flatMap((name) => {
    const requested = requests.get(name) ?? quantityOf(0);
    const allocatable = parseQuantity(node.status?.allocatable?.[name] ?? 0);
    const inUnits = units[name];
    return compareQuantities(requested, allocatable) <= 0
      ? []
      : [`${name}, requested: ${inUnits(requested)}, allocatable: ${inUnits(allocatable)}`];
  });
}
