import type { Pod } from "../../api/generated/core/v1.ts";
import { deletionOrder } from "../pod-control/deletion-order.ts";

/** So many pods at most are made or removed in one reconcile. */
export const BURST_REPLICAS = 500;

export interface ReplicaFacts {
  readonly wanted: number;
  /** Claimed and active. */
  readonly active: readonly Pod[];
  /** Active pods of all sets with the same owner; asked for when some are to go. */
  related(): readonly Pod[];
  readonly nowMs: number;
}

export interface ReplicaPlan {
  readonly create: number;
  readonly delete: readonly Pod[];
}

/** How a set gets from the pods it has to the number it wants. Pure. */
export function planReplicas({ wanted, active, related, nowMs }: ReplicaFacts): ReplicaPlan {
  const surplus = active.length - wanted;
  if (surplus <= 0) return { create: Math.min(wanted - active.length, BURST_REPLICAS), delete: [] };
  const count = Math.min(surplus, BURST_REPLICAS);
  const chosen = count < active.length ? deletionOrder(active, { related: related(), nowMs }).slice(0, count) : active;
  return { create: 0, delete: chosen };
}
