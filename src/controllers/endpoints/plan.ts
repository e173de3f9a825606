import { isIPv6 } from "node:net";
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints, Service } from "../../api/generated/core/v1.ts";
import type { EndpointPod } from "../endpointslice/pod-facts.ts";
import { isHeadless, targetPortOf } from "../endpointslice/services.ts";

/** Addresses that one Endpoints object holds at most. */
export const MAX_ADDRESSES = 1000;

const HEADLESS_LABEL = "service.kubernetes.io/headless";
const MANAGED_BY_LABEL = "endpoints.kubernetes.io/managed-by";
const OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity";

/** The Endpoints object that a service should have, made from the one that it has; undefined when that is right already. */
export function planEndpoints(of: {
  service: Service;
  pods: readonly EndpointPod[];
  current: Endpoints | undefined;
}): Endpoints | undefined {
  const { service, pods, current } = of;
  const { subsets, truncated } = truncate(desiredSubsets(service, pods));
  const labels: Record<string, string> = { ...service.metadata?.labels, [MANAGED_BY_LABEL]: "endpoint-controller" };
  delete labels[HEADLESS_LABEL];
  if (isHeadless(service)) labels[HEADLESS_LABEL] = "";
  const annotations: Record<string, string> = { ...current?.metadata?.annotations };
  delete annotations[OVER_CAPACITY];
  if (truncated) annotations[OVER_CAPACITY] = "truncated";
  if (
    current !== undefined &&
    same(current.metadata?.labels ?? {}, labels) &&
    same(current.metadata?.annotations ?? {}, annotations) &&
    JSON.stringify(comparable(current.subsets ?? [])) === JSON.stringify(comparable(subsets))
  ) {
    return undefined;
  }
  const { name, namespace } = service.metadata ?? {};
  return {
    ...current,
    metadata: {
      ...current?.metadata,
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      annotations,
    },
    subsets,
  };
}

/** Ready and unready addresses, those with the same ports together. */
export function desiredSubsets(service: Service, pods: readonly EndpointPod[]): EndpointSubset[] {
  const publishAll = service.spec?.publishNotReadyAddresses === true;
  const wantsIPv6 = (service.spec?.ipFamilies?.[0] ?? familyOf(service.spec?.clusterIP)) === "IPv6";
  const groups = new Map<string, EndpointSubset>();
  for (const pod of [...pods].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    if (pod.ended || (pod.beingDeleted && !publishAll)) continue;
    const ip = pod.ips.find((each) => isIPv6(each) === wantsIPv6);
    if (ip === undefined) continue;
    const ports = portsOf(service, pod);
    if (ports.length === 0 && (service.spec?.ports?.length ?? 0) > 0) continue;
    const key = JSON.stringify(ports);
    let subset = groups.get(key);
    if (subset === undefined) {
      subset = ports.length === 0 ? {} : { ports };
      groups.set(key, subset);
    }
    const address = addressOf(service, pod, ip);
    if (publishAll || pod.ready) subset.addresses = [...(subset.addresses ?? []), address];
    else subset.notReadyAddresses = [...(subset.notReadyAddresses ?? []), address];
  }
  return [...groups.values()];
}

function familyOf(clusterIp: string | undefined): string {
  return clusterIp !== undefined && isIPv6(clusterIp) ? "IPv6" : "IPv4";
}

function portsOf(service: Service, pod: EndpointPod): EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const port of service.spec?.ports ?? []) {
    const number = targetPortOf(port, pod);
    if (number === undefined) continue;
    ports.push({
      ...(port.name ? { name: port.name } : {}),
      port: number,
      protocol: port.protocol ?? "TCP",
      ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
    });
  }
  return ports;
}

function addressOf(service: Service, pod: EndpointPod, ip: string): EndpointAddress {
  const address: EndpointAddress = { ip };
  if (pod.hostname !== "" && pod.subdomain === service.metadata?.name) address.hostname = pod.hostname;
  if (pod.nodeName !== "") address.nodeName = pod.nodeName;
  address.targetRef = { kind: "Pod", namespace: pod.namespace, name: pod.name, uid: pod.uid };
  return address;
}

/** Keeps to the limit: a share of each subset, ready addresses first. */
function truncate(subsets: EndpointSubset[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const count = (list: readonly unknown[] | undefined): number => list?.length ?? 0;
  const sum = (of: "addresses" | "notReadyAddresses"): number =>
    subsets.reduce((total, subset) => total + count(subset[of]), 0);
  const ready = sum("addresses");
  const unready = sum("notReadyAddresses");
  if (ready + unready <= MAX_ADDRESSES) return { subsets, truncated: false };
  const readyShare = ready === 0 ? 0 : Math.min(1, MAX_ADDRESSES / ready);
  const unreadyShare = unready === 0 ? 0 : Math.max(0, Math.min(1, (MAX_ADDRESSES - ready) / unready));
  const cut = subsets.map((subset): EndpointSubset => {
    const addresses = subset.addresses?.slice(0, Math.floor(count(subset.addresses) * readyShare)) ?? [];
    const others = subset.notReadyAddresses?.slice(0, Math.floor(count(subset.notReadyAddresses) * unreadyShare)) ?? [];
    return {
      ...(subset.ports === undefined ? {} : { ports: subset.ports }),
      ...(addresses.length === 0 ? {} : { addresses }),
      ...(others.length === 0 ? {} : { notReadyAddresses: others }),
    };
  });
  return { subsets: cut.filter((subset) => subset.addresses ?? subset.notReadyAddresses), truncated: true };
}

function same(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** Subsets in an order and form that does not depend on how the server keeps them. */
function comparable(subsets: readonly EndpointSubset[]): unknown {
  const addresses = (list: readonly EndpointAddress[] | undefined): unknown =>
    (list ?? [])
      .map((each) => [each.ip, each.hostname ?? "", each.nodeName ?? "", each.targetRef?.name, each.targetRef?.uid])
      .sort((a, b) => (String(a) < String(b) ? -1 : 1));
  const ports = (list: readonly EndpointPort[] | undefined): unknown =>
    (list ?? [])
      .map((each) => [each.name ?? "", each.port, each.protocol ?? "TCP", each.appProtocol ?? ""])
      .sort((a, b) => (String(a) < String(b) ? -1 : 1));
  return subsets
    .map((subset) => [ports(subset.ports), addresses(subset.addresses), addresses(subset.notReadyAddresses)])
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
