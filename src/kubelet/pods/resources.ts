import { qualityOfService } from "../../api/core/pod-quality.ts";
import type { Container, Pod, PodSpec, ResourceRequirements } from "../../api/generated/core/v1.ts";
import { quantityMilli, quantityValue } from "../../api/quantity.ts";
import { createInterner } from "../../base/intern.ts";
import type { LinuxContainerResources, LinuxPodSandboxConfig } from "../cri/config.ts";
import { isSidecar } from "./pod.ts";

export const CPU_PERIOD_MICROSECONDS = 100_000;
const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
const SHARES_PER_CPU = 1024;
const MIN_QUOTA_MICROSECONDS = 1000;

/** Quality of service class of a pod that has its defaults: requests where there are limits. */
export function qosClass({ spec }: Pod): ReturnType<typeof qualityOfService> {
  return spec === undefined ? "BestEffort" : qualityOfService(spec);
}

/** Thousandths of a CPU as cgroup shares. */
export function cpuShares(milliCpu: number): number {
  if (milliCpu === 0) return MIN_SHARES;
  return Math.min(MAX_SHARES, Math.max(MIN_SHARES, Math.floor((milliCpu * SHARES_PER_CPU) / 1000)));
}

/** Thousandths of a CPU as microseconds in a period of 100 ms; 0 means no limit. */
export function cpuQuota(milliCpu: number): number {
  if (milliCpu === 0) return 0;
  return Math.max(MIN_QUOTA_MICROSECONDS, Math.floor((milliCpu * CPU_PERIOD_MICROSECONDS) / 1000));
}

/** The inverse of cpuShares, rounded up: what the API calls so many shares. */
export function milliCpuOfShares(shares: number): number {
  return Math.ceil((shares * 1000) / SHARES_PER_CPU);
}

/** The inverse of cpuQuota, in a period of 100 ms. */
export function milliCpuOfQuota(microseconds: number): number {
  return Math.floor((microseconds * 1000) / CPU_PERIOD_MICROSECONDS);
}

/** How readily the kernel kills a container when memory runs out: -997 for guaranteed pods, 1000 for best effort. */
export function oomScoreAdjust(pod: Pod, container: Container, nodeMemoryBytes: number): number {
  if ((pod.spec?.priority ?? 0) >= 2_000_001_000 && pod.spec?.priorityClassName === "system-node-critical") return -997;
  switch (qosClass(pod)) {
    case "Guaranteed":
      return -997;
    case "BestEffort":
      return 1000;
    case "Burstable": {
      const requested = quantityValue(container.resources?.requests?.memory ?? "0");
      const adjust = Math.floor(1000 - (1000 * requested) / Math.max(1, nodeMemoryBytes));
      return Math.min(999, Math.max(3, adjust));
    }
  }
}

/** What the runtime enforces for a container. */
export function containerResources(pod: Pod, container: Container, nodeMemoryBytes: number): LinuxContainerResources {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const cpuLimit = limits.cpu;
  const cpuRequest = requests.cpu ?? cpuLimit ?? "0";
  const quota = cpuLimit === undefined ? 0 : cpuQuota(quantityMilli(cpuLimit));
  return {
    cpuShares: cpuShares(quantityMilli(cpuRequest)),
    ...(quota > 0 && { cpuPeriod: CPU_PERIOD_MICROSECONDS, cpuQuota: quota }),
    ...(limits.memory !== undefined && { memoryLimitInBytes: quantityValue(limits.memory) }),
    oomScoreAdj: oomScoreAdjust(pod, container, nodeMemoryBytes),
  };
}

/** What a pod's sandbox is told: what its containers may use together, and what the runtime needs beside them. */
export function sandboxResources(pod: Pod): Pick<LinuxPodSandboxConfig, "resources" | "overhead"> {
  const { overhead, ...spec } = pod.spec ?? { containers: [] };
  const inside = { ...pod, spec };
  const { cpu = 0, memory = 0 } = podLimits(inside);
  const needed = { cpu: quantityMilli(overhead?.cpu ?? "0"), memory: quantityValue(overhead?.memory ?? "0") };
  return {
    resources: linuxResources({ cpuRequest: podRequests(inside).cpu ?? 0, cpu, memory }),
    ...(overhead && { overhead: linuxResources({ cpuRequest: needed.cpu, ...needed }) }),
  };
}

/** CPU in thousandths, memory in bytes; 0 is no limit. */
function linuxResources(of: { cpuRequest: number; cpu: number; memory: number }): LinuxContainerResources {
  const quota = cpuQuota(of.cpu);
  return {
    cpuShares: cpuShares(of.cpuRequest),
    ...(quota > 0 && { cpuPeriod: CPU_PERIOD_MICROSECONDS, cpuQuota: quota }),
    ...(of.memory > 0 && { memoryLimitInBytes: of.memory }),
  };
}

type Amounts = Readonly<Record<string, number>>;

/** A pod that comes to a node is compared with all that are there. */
const requestsOf = new WeakMap<PodSpec, Amounts>();
const intern = createInterner<Amounts>();

/** Requests of a whole pod in base units (cpu in thousandths), as the scheduler counts them. */
export function podRequests(pod: Pod): Amounts {
  const known = pod.spec && requestsOf.get(pod.spec);
  if (known !== undefined) return known;
  const requests = intern(effective(pod, ({ requests = {}, limits = {} }) => ({ ...limits, ...requests })));
  if (pod.spec !== undefined) requestsOf.set(pod.spec, requests);
  return requests;
}

/** Limits of a whole pod; a resource is there only when every container limits it, of cpu and memory init containers as well. */
export function podLimits(pod: Pod): Record<string, number> {
  const all = effective(pod, ({ limits = {} }) => limits);
  const { containers = [], initContainers = [], resources: whole } = pod.spec ?? {};
  const isLimited = (name: string) => {
    const limiting = name === "cpu" || name === "memory" ? [...containers, ...initContainers] : containers;
    return limiting.every(({ resources }) => resources?.limits?.[name] !== undefined);
  };
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => whole?.limits?.[name] !== undefined || isLimited(name)),
  );
}

/** Sum of regular containers and sidecars, or what the init containers need at their peak; plus overhead. */
function effective(
  pod: Pod,
  pick: (resources: ResourceRequirements) => Record<string, string>,
): Record<string, number> {
  const amounts = (container: Pick<Container, "resources">) =>
    Object.fromEntries(
      Object.entries(pick(container.resources ?? {})).map(([name, quantity]) => [
        name,
        name === "cpu" ? quantityMilli(quantity) : quantityValue(quantity),
      ]),
    );
  const total: Record<string, number> = {};
  const sidecars: Record<string, number> = {};
  const peak: Record<string, number> = {};
  for (const container of pod.spec?.containers ?? []) add(total, amounts(container));
  for (const container of pod.spec?.initContainers ?? []) {
    if (isSidecar(container)) {
      add(sidecars, amounts(container));
      add(total, amounts(container));
      raise(peak, sidecars);
    } else {
      const alone = { ...sidecars };
      add(alone, amounts(container));
      raise(peak, alone);
    }
  }
  raise(total, peak);
  if (pod.spec?.resources !== undefined) Object.assign(total, amounts({ resources: pod.spec.resources }));
  if (pod.spec?.overhead !== undefined)
    add(total, amounts({ resources: { requests: pod.spec.overhead, limits: pod.spec.overhead } }));
  return total;
}

function add(total: Record<string, number>, more: Record<string, number>): void {
  for (const [name, amount] of Object.entries(more)) total[name] = (total[name] ?? 0) + amount;
}

function raise(total: Record<string, number>, to: Record<string, number>): void {
  for (const [name, amount] of Object.entries(to)) total[name] = Math.max(total[name] ?? 0, amount);
}
