import type { ResourceRequirements } from "../../api/generated/core/v1.ts";
import { formatQuantity, parseQuantity, quantityMilli, quantityOf, quantityValue } from "../../api/quantity.ts";
import type { LinuxContainerResources } from "../cri/config.ts";
import { CPU_PERIOD_MICROSECONDS, cpuQuota, cpuShares, milliCpuOfQuota, milliCpuOfShares } from "../pods/resources.ts";

interface Facts {
  readonly allocated: ResourceRequirements;
  /** What the runtime accepted last. */
  readonly actual: ResourceRequirements;
  /** What the runtime says; absent when it does not. */
  readonly told: LinuxContainerResources | undefined;
}

/**
 * What a running container has, for its status: the runtime's word where it gives one, what it accepted last otherwise. Where that
 * is as much as is allocated it is written the same way, although the runtime can say it only in its own units. Pure.
 */
export function reportedResources(facts: Facts): ResourceRequirements {
  const { allocated, actual, told } = facts;
  if (allocated !== actual) return report(facts);
  if (told === undefined) return allocated;
  const known = lastReports.get(allocated);
  if (known?.told === told) return known.reported;
  const reported = report(facts);
  lastReports.set(allocated, { told, reported });
  return reported;
}

/** Very many containers of one workload share what they have, and are asked again at each look. */
const lastReports = new WeakMap<
  ResourceRequirements,
  { told: LinuxContainerResources; reported: ResourceRequirements }
>();

function report({ allocated, actual, told }: Facts): ResourceRequirements {
  const limits = amounts("limits", { allocated, actual, told });
  const requests = amounts("requests", { allocated, actual, told });
  return {
    ...((allocated.limits ?? actual.limits) && Object.keys(limits).length > 0 && { limits }),
    ...((allocated.requests ?? actual.requests) && Object.keys(requests).length > 0 && { requests }),
    ...(allocated.claims && { claims: allocated.claims }),
  };
}

function amounts(which: "limits" | "requests", { allocated, actual, told }: Facts): Record<string, string> {
  const [wanted, has] = [allocated[which] ?? {}, actual[which] ?? {}];
  const { cpu: _, memory: __, ...found } = wanted;
  for (const name of ["cpu", "memory"] as const) {
    const { inUnits, toldUnits, format } = MEASURES[which][name];
    const units = (text: string | undefined) => (text === undefined ? 0 : inUnits(text));
    // A request that nobody made is not told, whatever share the runtime gives.
    const isAsked = wanted[name] !== undefined || has[name] !== undefined;
    const amount = (told === undefined ? undefined : toldUnits(told)) ?? units(has[name]);
    if (!isAsked || (amount === 0 && has[name] === undefined)) continue;
    if (wanted[name] !== undefined && units(wanted[name]) === amount) found[name] = wanted[name];
    else if (has[name] !== undefined && units(has[name]) === amount) found[name] = has[name];
    else if (amount > 0) found[name] = format(amount);
  }
  return found;
}

interface Measure {
  /** As the runtime counts it. */
  inUnits(quantity: string): number;
  /** Undefined when it does not say. */
  toldUnits(told: LinuxContainerResources): number | undefined;
  format(units: number): string;
}

const milliCpu = (milli: number): string => formatQuantity(parseQuantity(`${milli}m`));
const bytes = (count: number): string => formatQuantity(quantityOf(count, "BinarySI"));

const MEASURES: Readonly<Record<"limits" | "requests", Readonly<Record<"cpu" | "memory", Measure>>>> = {
  limits: {
    cpu: {
      inUnits: (quantity) => cpuQuota(quantityMilli(quantity)),
      toldUnits: ({ cpuQuota: quota = 0, cpuPeriod: period }) =>
        Math.round((Math.max(0, quota) * CPU_PERIOD_MICROSECONDS) / (period || CPU_PERIOD_MICROSECONDS)),
      format: (quota) => milliCpu(milliCpuOfQuota(quota)),
    },
    memory: { inUnits: quantityValue, toldUnits: ({ memoryLimitInBytes = 0 }) => memoryLimitInBytes, format: bytes },
  },
  requests: {
    cpu: {
      inUnits: (quantity) => cpuShares(quantityMilli(quantity)),
      toldUnits: ({ cpuShares: shares }) => shares || undefined,
      format: (shares) => milliCpu(milliCpuOfShares(shares)),
    },
    memory: { inUnits: quantityValue, toldUnits: () => undefined, format: bytes },
  },
};
