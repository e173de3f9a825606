import { isIPv6 } from "node:net";
import type { Service } from "../../api/generated/core/v1.ts";
import type { Endpoint, EndpointPort } from "../../api/generated/discovery.k8s.io/v1.ts";
import type { EndpointPod } from "./pod-facts.ts";
import { isHeadless, targetPortOf } from "./services.ts";

export type AddressType = "IPv4" | "IPv6";

/** Endpoints that share a set of ports, and so may share a slice. */
export interface PortGroup {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** Where nodes are: the zone, `""` when the node has none, undefined when there is no such node. */
export type ZoneOf = (nodeName: string) => string | undefined;

/** The families that the service wants addresses of. */
export function addressTypes(service: Service): AddressType[] {
  const families = service.spec?.ipFamilies;
  if (families !== undefined && families.length > 0) {
    return families.map((family) => (family === "IPv6" ? "IPv6" : "IPv4"));
  }
  const clusterIp = service.spec?.clusterIP;
  if (clusterIp !== undefined && !isHeadless(service)) return [isIPv6(clusterIp) ? "IPv6" : "IPv4"];
  return ["IPv4", "IPv6"];
}

/**
 * The endpoints that a service should have of one family, grouped by ports. Pods on nodes that do not exist are left out
 * (and reported) unless the service publishes addresses that are not ready.
 */
export function desiredGroups(
  service: Service,
  pods: readonly EndpointPod[],
  options: { addressType: AddressType; zoneOf: ZoneOf },
): { groups: Map<string, PortGroup>; missingNodes: boolean } {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>();
  let missingNodes = false;
  for (const pod of pods) {
    if (pod.ended) continue;
    const addresses = pod.ips.filter((ip) => isIPv6(ip) === (options.addressType === "IPv6"));
    if (addresses.length === 0) continue;
    const zone = pod.nodeName === "" ? "" : options.zoneOf(pod.nodeName);
    if (zone === undefined) missingNodes = true;
    if (zone === undefined && service.spec?.publishNotReadyAddresses !== true) continue;
    const ports = endpointPorts(service, pod);
    const key = portsKey(ports);
    const group = groups.get(key);
    const endpoint = endpointOf(service, pod, { addresses, zone: zone ?? "" });
    if (group === undefined) groups.set(key, { ports, endpoints: [endpoint] });
    else group.endpoints.push(endpoint);
  }
  return { groups, missingNodes };
}

/** Equal for equal sets of ports. */
export function portsKey(ports: readonly EndpointPort[]): string {
  return ports
    .map((port) => JSON.stringify([port.name ?? "", port.protocol ?? "TCP", port.port, port.appProtocol ?? ""]))
    .sort()
    .join();
}

function endpointPorts(service: Service, pod: EndpointPod): EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const port of service.spec?.ports ?? []) {
    const number = targetPortOf(port, pod);
    if (number === undefined) continue;
    const found: EndpointPort = { name: port.name ?? "", protocol: port.protocol ?? "TCP", port: number };
    if (port.appProtocol !== undefined) found.appProtocol = port.appProtocol;
    ports.push(found);
  }
  return ports;
}

function endpointOf(service: Service, pod: EndpointPod, at: { addresses: string[]; zone: string }): Endpoint {
  const terminating = pod.beingDeleted;
  const ready = service.spec?.publishNotReadyAddresses === true || (pod.ready && !terminating);
  const endpoint: Endpoint = {
    addresses: at.addresses,
    conditions: { ready, serving: pod.ready, terminating },
    targetRef: { kind: "Pod", namespace: pod.namespace, name: pod.name, uid: pod.uid },
  };
  if (pod.hostname !== "" && pod.subdomain === service.metadata?.name) endpoint.hostname = pod.hostname;
  if (pod.nodeName !== "") endpoint.nodeName = pod.nodeName;
  if (at.zone !== "") endpoint.zone = at.zone;
  return withHints(service, endpoint);
}

/** Whom the endpoint is for, where the service prefers near ones (KEP-2433, KEP-3015). */
function withHints(service: Service, endpoint: Endpoint): Endpoint {
  const preference = service.spec?.trafficDistribution;
  const sameNode = preference === "PreferSameNode";
  const sameZone = sameNode || preference === "PreferSameZone" || preference === "PreferClose";
  if (!sameZone || endpoint.conditions?.ready !== true) return endpoint;
  const hints: NonNullable<Endpoint["hints"]> = {};
  if (endpoint.zone !== undefined) hints.forZones = [{ name: endpoint.zone }];
  if (sameNode && endpoint.nodeName !== undefined) hints.forNodes = [{ name: endpoint.nodeName }];
  return Object.keys(hints).length === 0 ? endpoint : { ...endpoint, hints };
}
