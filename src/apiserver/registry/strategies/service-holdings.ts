import type { Service } from "../../../api/generated/core/v1.ts";
import { parseIp } from "../../../api/ip-address.ts";

/** An address or port that one Service has at a time, as `ip/10.96.0.7` and `port/30080`. */
export type Holding = string;

/** What a Service holds. */
export function* holdings(service: Service | undefined): Generator<Holding, void, undefined> {
  const spec = service?.spec;
  if (spec === undefined) return;
  for (const address of spec.clusterIPs ?? []) {
    if (address !== "None" && address !== "") yield `ip/${parseIp(address)?.canonical ?? address}`;
  }
  for (const port of spec.ports ?? []) if ((port.nodePort ?? 0) !== 0) yield `port/${port.nodePort}`;
  if ((spec.healthCheckNodePort ?? 0) !== 0) yield `port/${spec.healthCheckNodePort}`;
}

/** What the first holds and the second does not. */
export function holdingsWithout(service: Service | undefined, other: Service | undefined): Holding[] {
  const kept = new Set(holdings(other));
  return [...new Set(holdings(service))].filter((holding) => !kept.has(holding));
}
