import type { Container, PodSpec } from "../generated/core/v1.ts";
import { addQuantities, compareQuantities, type Quantity, tryParseQuantity } from "../quantity.ts";

const COUNTED = ["cpu", "memory"] as const;

/** The quality of service class: Guaranteed, Burstable or BestEffort. */
export function qualityOfService(spec: PodSpec): "Guaranteed" | "Burstable" | "BestEffort" {
  const levels = Object.keys({ ...spec.resources?.requests, ...spec.resources?.limits });
  if (levels.length > 0) return guaranteed([{ resources: spec.resources }]) ? "Guaranteed" : "Burstable";
  const containers: Pick<Container, "resources">[] = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const requests = total(containers, "requests");
  const limits = total(containers, "limits");
  if (requests.size === 0 && limits.size === 0) return "BestEffort";
  return guaranteed(containers) ? "Guaranteed" : "Burstable";
}

/** Every container limits both cpu and memory, and what it asks for is what it is limited to. */
function guaranteed(containers: readonly Pick<Container, "resources">[]): boolean {
  const limited = containers.every((container) =>
    COUNTED.every((name) => positive(container.resources?.limits?.[name]) !== undefined),
  );
  if (!limited) return false;
  const requests = total(containers, "requests");
  const limits = total(containers, "limits");
  return COUNTED.every((name) => {
    const request = requests.get(name);
    return request === undefined ? false : compareQuantities(request, limits.get(name)!) === 0;
  });
}

function total(containers: readonly Pick<Container, "resources">[], key: "requests" | "limits"): Map<string, Quantity> {
  const sum = new Map<string, Quantity>();
  for (const container of containers) {
    for (const name of COUNTED) {
      const amount = positive(container.resources?.[key]?.[name]);
      if (amount === undefined) continue;
      const before = sum.get(name);
      sum.set(name, before === undefined ? amount : addQuantities(before, amount));
    }
  }
  return sum;
}

function positive(text: string | undefined): Quantity | undefined {
  const quantity = tryParseQuantity(text);
  return quantity !== undefined && quantity.nanos > 0n ? quantity : undefined;
}
