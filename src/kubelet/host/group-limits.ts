import type { PodResource } from "./pod-cgroups.ts";

/** What a group may use. A limit that is absent is left as it is. */
export interface GroupLimits {
  readonly cpuShares: number;
  /** Microseconds in a period of 100 ms; 0 is none. */
  readonly cpuQuota?: number;
  readonly memoryBytes?: number | undefined;
}

/** One limit as a file of its group. */
export interface LimitFile {
  /** Name of the controller, and of what it limits. */
  readonly controller: PodResource;
  readonly name: string;
  readonly value: string;
  /** To compare with what `amountIn` finds in the file. */
  readonly amount: number;
}

/** The files to write, with cgroup v2 (unified) or v1, in an order that keeps a share within its limit while both grow. Pure. */
export function limitFiles({ cpuShares, cpuQuota = 0, memoryBytes = 0 }: GroupLimits, unified: boolean): LimitFile[] {
  // The kernel's documented conversion of shares [2, 262144] to weight [1, 10000].
  const share = unified ? 1 + Math.floor(((cpuShares - 2) * 9999) / 262_142) : cpuShares;
  const [quotaFile, shareFile, memoryFile] = unified
    ? ["cpu.max", "cpu.weight", "memory.max"]
    : ["cpu.cfs_quota_us", "cpu.shares", "memory.limit_in_bytes"];
  const file = (controller: PodResource, name: string, amount: number, value = String(amount)): LimitFile => ({
    ...{ controller, name, amount, value },
  });
  return [
    ...(cpuQuota > 0 ? [file("cpu", quotaFile!, cpuQuota, unified ? `${cpuQuota} 100000` : String(cpuQuota))] : []),
    file("cpu", shareFile!, share),
    ...(memoryBytes > 0 ? [file("memory", memoryFile!, memoryBytes)] : []),
  ];
}

/** The amount in such a file; no end where nothing is limited. Pure. */
export function amountIn(text: string): number {
  const amount = Number.parseInt(text, 10);
  return Number.isNaN(amount) || amount < 0 ? Number.POSITIVE_INFINITY : amount;
}
