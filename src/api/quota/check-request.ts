import type { Pod, ResourceQuota } from "../generated/core/v1.ts";
import type { ApiObject } from "../meta.ts";
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  type Quantity,
  quantityOf,
  subtractQuantities,
} from "../quantity.ts";
import { type Amounts, amountsOf } from "./amounts.ts";
import { missingFromPod } from "./constraints.ts";
import { isInScope, type QuotaUse, resourceOfQuotaName } from "./usage.ts";

/** A write, as far as quotas care. */
export interface QuotaRequest {
  /** `pods`, `deployments.apps`. */
  readonly resource: string;
  readonly object: ApiObject;
  readonly use: QuotaUse;
  /** Of the object as it was, for updates. */
  readonly before?: QuotaUse | undefined;
}

/** A quota's answer: why not, or what is used with the request, where that changes. */
export type QuotaDecision = { readonly refusal: string } | { readonly used: Amounts | undefined };

const ZERO = quantityOf(0);

/** Names that the quota limits (by its status) and that count this resource. */
function limitedNames(quota: ResourceQuota, resource: string): string[] {
  return Object.keys(quota.status?.hard ?? {})
    .filter((name) => resourceOfQuotaName(name) === resource)
    .sort();
}

/**
 * Whether a quota has room for a request (upstream: quota admission CheckRequest).
 *
 * @param used what is used now, at least for the names that count this resource; status.used when absent
 */
export function checkRequest(
  quota: ResourceQuota,
  request: QuotaRequest,
  used: Amounts = amountsOf(quota.status?.used),
): QuotaDecision {
  const names = limitedNames(quota, request.resource);
  if (names.length === 0 || !isInScope(quota, request.use)) return { used: undefined };
  const quotaName = quota.metadata?.name ?? "";
  const missing = request.resource === "pods" ? missingFromPod(request.object as Pod, names) : undefined;
  if (missing !== undefined) return { refusal: `failed quota: ${quotaName}: ${missing}` };
  if (names.some((name) => quota.status?.used?.[name] === undefined)) {
    return { refusal: `status unknown for quota: ${quotaName}, resources: ${names.join(",")}` };
  }
  const negative = [...request.use.amounts].filter(([, amount]) => compareQuantities(amount, ZERO) < 0);
  if (negative.length > 0) {
    const list = negative.map(([name]) => name).sort();
    return { refusal: `quota usage is negative for resource(s): ${list.join(",")}` };
  }
  return withDelta(quota, deltaOf(request, names), used);
}

/** What the request adds: never less than nothing, and only what is limited. */
function deltaOf({ use, before }: QuotaRequest, names: readonly string[]): Map<string, Quantity> {
  const delta = new Map<string, Quantity>();
  for (const name of names) {
    const now = use.amounts.get(name);
    if (now === undefined) continue;
    const more = subtractQuantities(now, before?.amounts.get(name) ?? ZERO);
    if (compareQuantities(more, ZERO) > 0) delta.set(name, more);
  }
  return delta;
}

function withDelta(quota: ResourceQuota, delta: ReadonlyMap<string, Quantity>, used: Amounts): QuotaDecision {
  if (delta.size === 0) return { used: undefined };
  const hard = amountsOf(quota.status?.hard);
  const next = new Map(used);
  const exceeded: string[] = [];
  for (const [name, more] of delta) {
    const sum = addQuantities(used.get(name) ?? ZERO, more);
    next.set(name, sum);
    if (compareQuantities(sum, hard.get(name) ?? ZERO) > 0) exceeded.push(name);
  }
  if (exceeded.length === 0) return { used: next };
  const show = (amounts: ReadonlyMap<string, Quantity>): string =>
    exceeded
      .sort()
      .map((name) => `${name}=${formatQuantity(amounts.get(name) ?? ZERO)}`)
      .join(",");
  const name = quota.metadata?.name ?? "";
  return { refusal: `exceeded quota: ${name}, requested: ${show(delta)}, used: ${show(used)}, limited: ${show(hard)}` };
}
