/** What a kubelet looks at to see whether its node runs short, as upstream names it. */
export type Signal =
  | "memory.available"
  | "nodefs.available"
  | "nodefs.inodesFree"
  | "imagefs.available"
  | "imagefs.inodesFree"
  | "pid.available";

export type PressureCondition = "MemoryPressure" | "DiskPressure" | "PIDPressure";

/** How much there is of it, in bytes, inodes or processes. */
export interface Observation {
  readonly available: number;
  readonly capacity: number;
}

export type Observations = Partial<Readonly<Record<Signal, Observation>>>;

/** Pods are evicted while less than this is available: a number, or a part of the capacity. */
export interface Threshold {
  readonly signal: Signal;
  readonly value: { readonly amount: number } | { readonly fraction: number };
}

/** Upstream's evictionHard on Linux. */
export const DEFAULT_THRESHOLDS: readonly Threshold[] = [
  { signal: "memory.available", value: { amount: 100 * 1024 ** 2 } },
  { signal: "nodefs.available", value: { fraction: 0.1 } },
  { signal: "nodefs.inodesFree", value: { fraction: 0.05 } },
  { signal: "imagefs.available", value: { fraction: 0.15 } },
  { signal: "imagefs.inodesFree", value: { fraction: 0.05 } },
];

interface SignalFacts {
  readonly condition: PressureCondition;
  /** What is called starved, in events and messages. */
  readonly resource: "memory" | "ephemeral-storage" | "inodes" | "pids";
}

const FACTS: Readonly<Record<Signal, SignalFacts>> = {
  "memory.available": { condition: "MemoryPressure", resource: "memory" },
  "nodefs.available": { condition: "DiskPressure", resource: "ephemeral-storage" },
  "nodefs.inodesFree": { condition: "DiskPressure", resource: "inodes" },
  "imagefs.available": { condition: "DiskPressure", resource: "ephemeral-storage" },
  "imagefs.inodesFree": { condition: "DiskPressure", resource: "inodes" },
  "pid.available": { condition: "PIDPressure", resource: "pids" },
};

export const conditionOf = (signal: Signal): PressureCondition => FACTS[signal].condition;
export const resourceOf = (signal: Signal): SignalFacts["resource"] => FACTS[signal].resource;

/** How much must be available, given the capacity. */
export function thresholdQuantity({ value }: Threshold, capacity: number): number {
  return "amount" in value ? value.amount : Math.floor(capacity * value.fraction);
}

/** Thresholds that are crossed; one whose signal cannot be observed is not. */
export function crossedThresholds(thresholds: readonly Threshold[], observations: Observations): Threshold[] {
  return thresholds.filter((threshold) => {
    const observed = observations[threshold.signal];
    return observed !== undefined && observed.available < thresholdQuantity(threshold, observed.capacity);
  });
}
