import { isResizeInfeasible } from "../../api/core/pod-resize-state.ts";
import type { Container, ContainerStatus, Pod, PodSpec, PodStatus } from "../../api/generated/core/v1.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import { maxResources, NO_RESOURCES, parseResources, type Resources, sumResources } from "./resources.ts";

/** What a container that asks for nothing is taken to use when nodes are scored, so that such pods spread too. */
const DEFAULT_MILLI_CPU = 100;
const DEFAULT_MEMORY_BYTES = 200 * 1024 * 1024;

/** Resources that a pod-level request may name (KEP-2837). */
const POD_LEVEL = (name: string): boolean => name === "cpu" || name === "memory" || name.startsWith("hugepages-");

export interface PodRequests {
  /** What the pod reserves on its node. */
  readonly exact: Resources;
  /** The same with defaults for containers that ask for no cpu or memory; for scoring only. */
  readonly nonZero: Resources;
}

/**
 * What a pod reserves on a node: the most that it can use at any moment. Containers and sidecars run together, each init
 * container runs beside the sidecars started before it; overhead comes on top (KEP-753, KEP-688).
 */
export function podRequests(pod: Pod): PodRequests {
  const isHopeless = isResizeInfeasible(pod);
  const held: ContainerAmount = (container, status) => containerRequests(container, status, isHopeless);
  const exact = aggregate(pod, held);
  const nonZero = aggregate(pod, (container, status) => withDefaults(container, held(container, status)));
  return { exact, nonZero };
}

type ContainerAmount = (container: Container, status: ContainerStatus | undefined) => Resources;

function aggregate(pod: Pod, amount: ContainerAmount): Resources {
  const spec = pod.spec;
  if (spec === undefined) return NO_RESOURCES;
  let running = NO_RESOURCES;
  for (const container of spec.containers ?? []) {
    running = sumResources(running, amount(container, statusOf(container, pod.status?.containerStatuses)));
  }
  const { sidecars, peak } = initRequests(spec, pod.status, amount);
  running = maxResources(sumResources(running, sidecars), peak);
  running = overridePodLevel(running, spec);
  return spec.overhead === undefined ? running : sumResources(running, parseResources(spec.overhead));
}

/** What sidecars use for good, and the peak while init containers run. */
function initRequests(spec: PodSpec, status: PodStatus | undefined, amount: ContainerAmount) {
  let sidecars = NO_RESOURCES;
  let peak = NO_RESOURCES;
  for (const container of spec.initContainers ?? []) {
    const own = amount(container, statusOf(container, status?.initContainerStatuses));
    let now: Resources;
    if (container.restartPolicy === "Always") {
      sidecars = sumResources(sidecars, own);
      now = sidecars;
    } else now = sumResources(sidecars, own);
    peak = maxResources(peak, now);
  }
  return { sidecars, peak };
}

/** While a resize is under way, the pod holds the larger of what it wants and what it has (KEP-1287); what it has, if it never can. */
function containerRequests(container: Container, status: ContainerStatus | undefined, isHopeless: boolean): Resources {
  const wanted = parseResources(container.resources?.requests);
  if (status?.resources === undefined && status?.allocatedResources === undefined) return wanted;
  let held = isHopeless ? NO_RESOURCES : wanted;
  if (status.allocatedResources !== undefined) held = maxResources(held, parseResources(status.allocatedResources));
  if (status.resources?.requests !== undefined) held = maxResources(held, parseResources(status.resources.requests));
  return held;
}

/** Whether a container's status speaks of other amounts than its spec. */
export function isResizing({ spec, status }: Pod): boolean {
  if (status === undefined) return false;
  const differs = (container: Container, statuses: readonly ContainerStatus[] | undefined): boolean => {
    const { allocatedResources, resources } = statusOf(container, statuses) ?? {};
    const wanted = container.resources?.requests;
    return [allocatedResources, resources?.requests].some((held) => held !== undefined && !equalJson(held, wanted));
  };
  return (
    spec?.containers?.some((container) => differs(container, status.containerStatuses)) === true ||
    spec?.initContainers?.some((container) => differs(container, status.initContainerStatuses)) === true
  );
}

function withDefaults(container: Container, amounts: Resources): Resources {
  const requests = container.resources?.requests;
  return {
    ...amounts,
    milliCpu: requests?.cpu === undefined ? DEFAULT_MILLI_CPU : amounts.milliCpu,
    memory: requests?.memory === undefined ? DEFAULT_MEMORY_BYTES : amounts.memory,
  };
}

/** A pod-level request replaces the containers' sum for that resource. */
function overridePodLevel(sum: Resources, spec: PodSpec): Resources {
  const requests = spec.resources?.requests;
  if (requests === undefined) return sum;
  const level = parseResources(Object.fromEntries(Object.entries(requests).filter(([name]) => POD_LEVEL(name))));
  const scalars = new Map(sum.scalars);
  for (const [name, value] of level.scalars ?? []) scalars.set(name, value);
  return {
    milliCpu: requests.cpu === undefined ? sum.milliCpu : level.milliCpu,
    memory: requests.memory === undefined ? sum.memory : level.memory,
    ephemeralStorage: sum.ephemeralStorage,
    ...(scalars.size > 0 ? { scalars } : {}),
  };
}

function statusOf(container: Container, statuses: readonly ContainerStatus[] | undefined): ContainerStatus | undefined {
  return statuses?.find((status) => status.name === container.name);
}
