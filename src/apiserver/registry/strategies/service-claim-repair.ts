import type { Service } from "../../../api/generated/core/v1.ts";
import { type Holding, holdings } from "./service-holdings.ts";

/** The Service that something is claimed for. */
export interface Owner {
  readonly namespace: string;
  readonly name: string;
}

/** What the store says of one address or port. */
export interface Claim {
  readonly holding: Holding;
  readonly revision: number;
  /** Absent when it is not ours to say who has it. */
  readonly owner: Owner | undefined;
  readonly sinceMs: number;
}

/** A claim is taken before its Service is written: so long it may stand alone. */
const CLAIM_GRACE_MS = 60_000;

/** What Services hold without a claim, and claims without a Service. */
export function planClaimRepair(of: {
  readonly services: readonly Service[];
  readonly claims: readonly Claim[];
  readonly nowMs: number;
}): { missing: { holding: Holding; owner: Owner }[]; orphaned: Claim[] } {
  const claimed = new Set(of.claims.map(({ holding }) => holding));
  const held = new Map<string, Set<Holding>>();
  const missing: { holding: Holding; owner: Owner }[] = [];
  for (const service of of.services) {
    const owner = { namespace: service.metadata?.namespace ?? "", name: service.metadata?.name ?? "" };
    const own = new Set(holdings(service));
    held.set(`${owner.namespace}/${owner.name}`, own);
    for (const holding of own) if (!claimed.has(holding)) missing.push({ holding, owner });
  }
  const orphaned = of.claims.filter(({ holding, owner, sinceMs }) => {
    if (owner === undefined || !(of.nowMs - sinceMs >= CLAIM_GRACE_MS)) return false;
    return held.get(`${owner.namespace}/${owner.name}`)?.has(holding) !== true;
  });
  return { missing, orphaned };
}
