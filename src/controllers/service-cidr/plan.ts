import { setCondition } from "../../api/conditions.ts";
import type { ServiceCIDR } from "../../api/generated/networking.k8s.io/v1.ts";
import { type IpRange, parseCidr, parseIp, rangeHolds } from "../../api/ip-address.ts";

export const SERVICE_CIDR_FINALIZER = "networking.k8s.io/service-cidr-finalizer";
const READY = "Kubernetes Service CIDR is ready";
const BUSY = "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR";

const rangesOf = ({ spec }: ServiceCIDR): IpRange[] => (spec?.cidrs ?? []).flatMap((text) => parseCidr(text) ?? []);

const isInside = (inner: IpRange, outer: IpRange): boolean =>
  inner.family === outer.family && inner.first >= outer.first && inner.first + inner.size <= outer.first + outer.size;

/**
 * Whether a range may go: no Service has an address in it that no other range gives.
 *
 * @param others ServiceCIDRs that stay
 * @param addresses that Services have
 */
export function mayGo(leaving: ServiceCIDR, others: readonly ServiceCIDR[], addresses: readonly string[]): boolean {
  const kept = others.flatMap(rangesOf);
  const alone = rangesOf(leaving).filter((range) => !kept.some((other) => isInside(range, other)));
  const parsed = addresses.flatMap((address) => parseIp(address) ?? []);
  return alone.every((range) =>
    parsed.every((address) => !rangeHolds(range, address) || kept.some((other) => rangeHolds(other, address))),
  );
}

/** What the range shall say of itself; undefined when it does. @param time RFC 3339 */
export function statusOf(cidr: ServiceCIDR, time: string): ServiceCIDR["status"] | undefined {
  const known = cidr.status?.conditions;
  const isLeaving = cidr.metadata?.deletionTimestamp !== undefined;
  // Who has said that it is ready, or why not, is believed.
  if (!isLeaving && known?.some(({ type, status }) => type === "Ready" && status === "True")) return undefined;
  const condition = isLeaving
    ? { type: "Ready", status: "False", reason: "Terminating", message: BUSY }
    : { type: "Ready", status: "True", reason: "", message: READY };
  const conditions = setCondition(known, condition, time);
  return conditions === known ? undefined : { ...cidr.status, conditions };
}
