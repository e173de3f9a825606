import type { Container, PodSpec } from "../generated/core/v1.ts";
import { addQuantities, compareQuantities, type Quantity, tryParseQuantity } from "../quantity.ts";

export type Amounts = Map<string, Quantity>;

/** Resources that a pod as a whole may ask for. */
export const isPodLevelResource = (name: string): boolean =>
  name === "cpu" || name === "memory" || name.startsWith("hugepages-");

/**
 * What the containers of a pod need together at the worst moment: regular ones and sidecars run side by side, other init
 * containers one after the other, beside the sidecars that are before them.
 */
export function aggregateContainers(spec: PodSpec, key: "requests" | "limits"): Amounts {
  const total: Amounts = new Map();
  for (const container of spec.containers ?? []) add(total, amountsOf(container, key));
  const sidecars: Amounts = new Map();
  const init: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const amounts = amountsOf(container, key);
    if (container.restartPolicy === "Always") {
      add(total, amounts);
      add(sidecars, amounts);
      raise(init, sidecars);
    } else {
      add(amounts, sidecars);
      raise(init, amounts);
    }
  }
  raise(total, init);
  return total;
}

function amountsOf(container: Pick<Container, "resources">, key: "requests" | "limits"): Amounts {
  const amounts: Amounts = new Map();
  for (const [name, text] of Object.entries(container.resources?.[key] ?? {})) {
    const quantity = tryParseQuantity(text);
    if (quantity !== undefined) amounts.set(name, quantity);
  }
  return amounts;
}

function add(to: Amounts, from: Amounts): void {
  for (const [name, quantity] of from) {
    const before = to.get(name);
    to.set(name, before === undefined ? quantity : addQuantities(before, quantity));
  }
}

function raise(to: Amounts, from: Amounts): void {
  for (const [name, quantity] of from) {
    const before = to.get(name);
    if (before === undefined || compareQuantities(before, quantity) < 0) to.set(name, quantity);
  }
}
