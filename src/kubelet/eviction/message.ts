import type { Container, Pod } from "../../api/generated/core/v1.ts";
import { formatQuantity, quantityOf, quantityValue } from "../../api/quantity.ts";
import { type Observation, resourceOf, type Threshold, thresholdQuantity } from "./signals.ts";
import type { ContainerUsage, PodUsage } from "./usage.ts";

/** Why a pod is evicted, in upstream's words: what the node lacks, and which containers use more than they asked for. Pure. */
export function evictionMessage(
  pod: Pod,
  starved: Threshold,
  facts: { readonly observed: Observation; readonly usage: PodUsage | undefined },
): string {
  const { observed, usage } = facts;
  const resource = resourceOf(starved.signal);
  const inBytes = resource === "memory" || resource === "ephemeral-storage";
  const text = (value: number) => formatQuantity(quantityOf(Math.floor(value), inBytes ? "BinarySI" : "DecimalSI"));
  const quantity = text(thresholdQuantity(starved, observed.capacity));
  const parts = [
    `The node was low on resource: ${resource}. `,
    `Threshold quantity: ${quantity}, available: ${text(observed.available)}. `,
  ];
  for (const container of usage?.containers ?? []) {
    const used = usedBy(container, resource);
    const request = requestOf(pod, container.name, resource);
    if (used === undefined || request === undefined || used <= quantityValue(request)) continue;
    parts.push(
      `Container ${container.name} was using ${text(used)}, request is ${request}, has larger consumption of ${resource}. `,
    );
  }
  return parts.join("");
}

function usedBy({ memoryBytes, rootBytes }: ContainerUsage, resource: string): number | undefined {
  if (resource === "memory") return memoryBytes;
  return resource === "ephemeral-storage" ? rootBytes : undefined;
}

/** `0` for one that asks for nothing; undefined for a container that is not the pod's own. */
function requestOf(pod: Pod, name: string, resource: string): string | undefined {
  const all: readonly Container[] = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const container = all.find((candidate) => candidate.name === name);
  return container === undefined ? undefined : (container.resources?.requests?.[resource] ?? "0");
}
