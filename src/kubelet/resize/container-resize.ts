import type { Container, ResourceRequirements } from "../../api/generated/core/v1.ts";
import { quantityMilli, quantityValue } from "../../api/quantity.ts";
import { cpuQuota, cpuShares } from "../pods/resources.ts";

/** What a running container has to be given or to give back: less (-1), nothing (0) or more (1). */
export interface ContainerResize {
  readonly cpu: -1 | 0 | 1;
  readonly memory: -1 | 0 | 1;
  /** Its resize policy wants it to be started again with the new amounts. */
  readonly restarts: boolean;
}

/** What the runtime makes of amounts; without a limit there is no end. */
export interface EnforcedAmounts {
  readonly cpuShares: number;
  readonly cpuQuota: number;
  readonly memoryLimitBytes: number;
  /** No runtime enforces it, and a resize policy can ask for a restart all the same. */
  readonly memoryRequestBytes: number;
}

export function enforcedAmounts({ requests = {}, limits = {} }: ResourceRequirements): EnforcedAmounts {
  const quota = cpuQuota(quantityMilli(limits.cpu ?? "0"));
  return {
    cpuShares: cpuShares(quantityMilli(requests.cpu ?? limits.cpu ?? "0")),
    cpuQuota: quota > 0 ? quota : Number.POSITIVE_INFINITY,
    memoryLimitBytes: quantityValue(limits.memory ?? "0") || Number.POSITIVE_INFINITY,
    memoryRequestBytes: quantityValue(requests.memory ?? limits.memory ?? "0"),
  };
}

/**
 * How a running container differs from what it should have. Amounts that the kernel cannot tell apart (1m and 2m of a processor)
 * are no difference. Pure.
 *
 * @param container as it is allocated
 * @param actual what the runtime accepted last for it
 */
export function containerResize(container: Container, actual: ResourceRequirements): ContainerResize {
  const [wanted, has] = [enforcedAmounts(container.resources ?? {}), enforcedAmounts(actual)];
  const cpu = compare(wanted.cpuQuota, has.cpuQuota) || compare(wanted.cpuShares, has.cpuShares);
  const memory =
    compare(wanted.memoryLimitBytes, has.memoryLimitBytes) ||
    compare(wanted.memoryRequestBytes, has.memoryRequestBytes);
  const changed = { cpu, memory };
  const restarts = (container.resizePolicy ?? []).some(
    ({ resourceName, restartPolicy }) =>
      restartPolicy === "RestartContainer" && changed[resourceName as "cpu" | "memory"] !== 0,
  );
  return { cpu, memory, restarts };
}

function compare(wanted: number, has: number): -1 | 0 | 1 {
  return wanted === has ? 0 : wanted > has ? 1 : -1;
}
