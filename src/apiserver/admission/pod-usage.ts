import type { Container, Pod } from "../../api/generated/core/v1.ts";
import { addQuantities, compareQuantities, formatQuantity, parseQuantity, type Quantity } from "../../api/quantity.ts";
import type { Usage } from "./limit-constraints.ts";

type Totals = Map<string, Quantity>;

/**
 * What the whole pod asks for: its containers and restartable init containers together, or the largest init container
 * with the restartable ones before it, whichever is more.
 */
export function podUsage(pod: Pod): Usage {
  return { requests: total(pod, "requests"), limits: total(pod, "limits") };
}

function total(pod: Pod, of: "requests" | "limits"): Record<string, string> {
  const amounts = (container: Container): Totals =>
    new Map(Object.entries(container.resources?.[of] ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
  const sum: Totals = new Map();
  for (const container of pod.spec?.containers ?? []) add(sum, amounts(container));
  const sidecars: Totals = new Map();
  const peak: Totals = new Map();
  for (const container of pod.spec?.initContainers ?? []) {
    if (container.restartPolicy === "Always") {
      add(sum, amounts(container));
      add(sidecars, amounts(container));
      raise(peak, sidecars);
    } else {
      const during = new Map(sidecars);
      add(during, amounts(container));
      raise(peak, during);
    }
  }
  raise(sum, peak);
  return Object.fromEntries([...sum].map(([name, quantity]) => [name, formatQuantity(quantity)]));
}

function add(to: Totals, more: Totals): void {
  for (const [name, quantity] of more) {
    const present = to.get(name);
    to.set(name, present === undefined ? quantity : addQuantities(present, quantity));
  }
}

function raise(to: Totals, other: Totals): void {
  for (const [name, quantity] of other) {
    const present = to.get(name);
    if (present === undefined || compareQuantities(quantity, present) > 0) to.set(name, quantity);
  }
}
