import type { Service, ServicePort, ServiceSpec } from "../generated/core/v1.ts";
import { equalJson } from "../patch/json-value.ts";
import { isExternallyAccessible, needsHealthCheck } from "./validate-service.ts";

const needsClusterIp = (spec: ServiceSpec): boolean => spec.type !== "ExternalName";
const needsNodePorts = (spec: ServiceSpec): boolean => spec.type === "NodePort" || spec.type === "LoadBalancer";
/** A balancer may do without ports of nodes: then the client alone says which there are. */
const getsNodePorts = (spec: ServiceSpec): boolean =>
  needsNodePorts(spec) && !(spec.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts === false);

/** Keeps what was allocated and the client left out, and drops what the new type has no use for. */
export function prepareServiceForUpdate(service: Service, old: Service): void {
  const spec = service.spec ?? {};
  const before = old.spec ?? {};
  keepAllocated(spec, before);
  normalizeAddresses(spec, before);
  dropUnusable(spec, before);
  if (spec.type !== "LoadBalancer" && service.status !== undefined) {
    service.status = { ...service.status, loadBalancer: {} };
  }
}

function keepAllocated(spec: ServiceSpec, before: ServiceSpec): void {
  if (needsClusterIp(spec) && needsClusterIp(before)) {
    if (!spec.clusterIP && before.clusterIP) spec.clusterIP = before.clusterIP;
    if ((spec.clusterIPs ?? []).length === 0 && before.clusterIPs) spec.clusterIPs = before.clusterIPs;
    if (spec.ipFamilies === undefined && before.ipFamilies !== undefined && spec.ipFamilyPolicy === undefined) {
      spec.ipFamilies = before.ipFamilies;
    }
    if (spec.ipFamilyPolicy === undefined && before.ipFamilyPolicy !== undefined) {
      spec.ipFamilyPolicy = before.ipFamilyPolicy;
    }
  }
  if (needsNodePorts(before) && getsNodePorts(spec)) keepNodePorts(spec.ports ?? [], before.ports ?? []);
  if (needsHealthCheck(spec) && needsHealthCheck(before) && !spec.healthCheckNodePort && before.healthCheckNodePort) {
    spec.healthCheckNodePort = before.healthCheckNodePort;
  }
}

/** A client that knows only the single address left it, changed it, or took it away: the list follows. */
function normalizeAddresses(spec: ServiceSpec, before: ServiceSpec): void {
  const isSame = (spec.clusterIP ?? "") === (before.clusterIP ?? "");
  if (isSame && (spec.clusterIPs ?? []).length === 0 && before.clusterIPs) spec.clusterIPs = before.clusterIPs;
  if (spec.clusterIP === before.clusterIP || !equalJson(spec.clusterIPs ?? [], before.clusterIPs ?? [])) return;
  if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
  else delete spec.clusterIPs;
}

/** Ports are known by their names; whatever else of them has changed. */
function keepNodePorts(ports: readonly ServicePort[], before: readonly ServicePort[]): void {
  const known = new Map(before.map((port) => [port.name ?? "", port.nodePort]));
  const used = new Set(ports.map((port) => port.nodePort));
  for (const port of ports) {
    const kept = known.get(port.name ?? "");
    if (port.nodePort || !kept || used.has(kept)) continue;
    port.nodePort = kept;
    used.add(kept);
  }
}

/** What the new type has no use for goes, unless the client changed it at the same time: that is wrong, and told. */
function dropUnusable(spec: ServiceSpec, before: ServiceSpec): void {
  const dropSame = (...keys: (keyof ServiceSpec)[]): void => {
    for (const key of keys) if (equalJson(spec[key] ?? null, before[key] ?? null)) delete spec[key];
  };
  if (needsClusterIp(before) && !needsClusterIp(spec)) {
    const isSame = (spec.clusterIP ?? "") === (before.clusterIP ?? "");
    if (isSame && equalJson(spec.clusterIPs ?? [], before.clusterIPs ?? [])) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    dropSame("ipFamilies", "ipFamilyPolicy");
  }
  if (needsNodePorts(before) && !needsNodePorts(spec)) dropNodePorts(spec.ports ?? [], before.ports ?? []);
  if (needsHealthCheck(before) && !needsHealthCheck(spec)) dropSame("healthCheckNodePort");
  if (before.type === "LoadBalancer" && spec.type !== "LoadBalancer") {
    dropSame("allocateLoadBalancerNodePorts", "loadBalancerClass");
  }
  if (isExternallyAccessible(before) && !isExternallyAccessible(spec)) dropSame("externalTrafficPolicy");
}

function dropNodePorts(ports: readonly ServicePort[], before: readonly ServicePort[]): void {
  const known = new Set(before.map((port) => port.nodePort));
  if (ports.some(({ nodePort }) => nodePort && !known.has(nodePort))) return;
  for (const port of ports) delete port.nodePort;
}
