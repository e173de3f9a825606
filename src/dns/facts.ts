import { isIP, isIPv4 } from "node:net";
import type { Service } from "../api/generated/core/v1.ts";
import type { EndpointSlice } from "../api/generated/discovery.k8s.io/v1.ts";
import { keyOf } from "../api/meta.ts";

export interface NamedPort {
  /** Empty for the only port of a service. */
  readonly name: string;
  /** Lower case. */
  readonly protocol: string;
  readonly port: number;
}

export interface DnsService {
  readonly key: string;
  /** Empty for headless services and ExternalName. */
  readonly clusterIPs: readonly string[];
  /** Only for ExternalName. */
  readonly externalName: string;
  readonly ports: readonly NamedPort[];
}

export interface DnsEndpoint {
  readonly address: string;
  /** The pod's hostname, or its address with dashes: the first label of its own name. */
  readonly hostname: string;
}

export interface DnsSlice {
  readonly key: string;
  readonly serviceKey: string;
  readonly ports: readonly NamedPort[];
  readonly endpoints: readonly DnsEndpoint[];
}

/** What the zone is made of. */
export interface DnsFacts {
  hasNamespace(name: string): boolean;
  service(key: string): DnsService | undefined;
  slices(serviceKey: string): readonly DnsSlice[];
  servicesWithIP(address: string): readonly DnsService[];
  slicesWithIP(address: string): readonly DnsSlice[];
}

export function dnsService(service: Service): DnsService {
  const spec = service.spec ?? {};
  const external = spec.type === "ExternalName";
  const addresses = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
  return {
    key: keyOf(service),
    clusterIPs: external ? [] : addresses.filter((address) => isIP(address) !== 0),
    externalName: external ? (spec.externalName ?? "").replace(/\.$/, "") : "",
    ports: (spec.ports ?? []).map((port) => ({
      name: port.name ?? "",
      protocol: (port.protocol ?? "TCP").toLowerCase(),
      port: port.port,
    })),
  };
}

/** The ready endpoints of a slice; undefined for slices without a service and those with names in place of addresses. */
export function dnsSlice(slice: EndpointSlice): DnsSlice | undefined {
  const serviceName = slice.metadata?.labels?.["kubernetes.io/service-name"];
  if (serviceName === undefined || slice.addressType === "FQDN") return undefined;
  return {
    key: keyOf(slice),
    serviceKey: `${slice.metadata?.namespace ?? ""}/${serviceName}`,
    ports: (slice.ports ?? []).flatMap((port) =>
      port.port === undefined
        ? []
        : [{ name: port.name ?? "", protocol: (port.protocol ?? "TCP").toLowerCase(), port: port.port }],
    ),
    endpoints: (slice.endpoints ?? [])
      .filter((endpoint) => endpoint.conditions?.ready !== false)
      .flatMap((endpoint) =>
        endpoint.addresses
          .filter((address) => isIP(address) !== 0)
          .map((address) => ({ address, hostname: endpoint.hostname || dashed(address) })),
      ),
  };
}

/** `10-244-0-5`; IPv6 likewise, as cluster DNS names pods. */
function dashed(address: string): string {
  return address.replaceAll(isIPv4(address) ? "." : ":", "-");
}
