import { isResizeInfeasible } from "../core/pod-resize-state.ts";
import type { Container, ContainerStatus, Pod } from "../generated/core/v1.ts";
import { type Amounts, amountsOf, maxAmounts, sumAmounts } from "./amounts.ts";

const NOTHING: Amounts = new Map();

/** Resources that a pod-level amount may name (KEP-2837). */
const POD_LEVEL = (name: string): boolean => name === "cpu" || name === "memory" || name.startsWith("hugepages-");

/**
 * What a pod asks for, or may use at most: containers and sidecars together, or an init container with the sidecars before
 * it where that is more; overhead on top, for limits only where there is one (KEP-753, KEP-688).
 */
export function podAmounts(pod: Pod, which: "requests" | "limits"): Amounts {
  return aggregate(pod, which, ({ resources }) => amountsOf(resources?.[which]));
}

/**
 * The same, but of containers that are being resized the larger of what they shall have and what they have; what they have, where
 * their node can never give more (KEP-1287).
 */
export function heldAmounts(pod: Pod, which: "requests" | "limits"): Amounts {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const statuses = new Map([...initContainerStatuses, ...containerStatuses].map((status) => [status.name, status]));
  const isHopeless = isResizeInfeasible(pod);
  return aggregate(pod, which, ({ name, resources }) => {
    const wanted = amountsOf(resources?.[which]);
    const status = statuses.get(name);
    if (status?.resources === undefined) return wanted;
    const has = amountsIn(status, which);
    return isHopeless ? has : maxAmounts(wanted, has);
  });
}

function amountsIn({ resources, allocatedResources }: ContainerStatus, which: "requests" | "limits"): Amounts {
  const actual = amountsOf(resources?.[which]);
  return which === "limits" ? actual : maxAmounts(actual, amountsOf(allocatedResources));
}

function aggregate(pod: Pod, which: "requests" | "limits", of: (container: Container) => Amounts): Amounts {
  let running: Amounts = NOTHING;
  for (const container of pod.spec?.containers ?? []) running = sumAmounts(running, of(container));
  let sidecars: Amounts = NOTHING;
  let peak: Amounts = NOTHING;
  for (const container of pod.spec?.initContainers ?? []) {
    const now = sumAmounts(sidecars, of(container));
    if (container.restartPolicy === "Always") sidecars = now;
    peak = maxAmounts(peak, now);
  }
  const sum = maxAmounts(sumAmounts(running, sidecars), peak);
  for (const [name, amount] of amountsOf(pod.spec?.resources?.[which])) if (POD_LEVEL(name)) sum.set(name, amount);
  const overhead = amountsOf(pod.spec?.overhead);
  if (which === "limits") for (const name of overhead.keys()) if (!sum.has(name)) overhead.delete(name);
  return sumAmounts(sum, overhead);
}
