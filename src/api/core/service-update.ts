import type { Service, ServicePort, ServiceSpec } from "../generated/core/v1.ts";

const needsClusterIp = (spec: ServiceSpec): boolean => spec.type !== "ExternalName";
const needsNodePorts = (spec: ServiceSpec): boolean => spec.type === "NodePort" || spec.type === "LoadBalancer";
const needsHealthPort = (spec: ServiceSpec): boolean =>
  spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";

/** Keeps what was allocated and the client left out, and drops what the new type has no use for. */
export function prepareServiceForUpdate(service: Service, old: Service): void {
  const spec = service.spec ?? {};
  const before = old.spec ?? {};
  keepAddresses(spec, before);
  if (needsNodePorts(spec) && needsNodePorts(before)) keepNodePorts(spec.ports ?? [], before.ports ?? []);
  if (needsHealthPort(spec) && needsHealthPort(before) && !spec.healthCheckNodePort && before.healthCheckNodePort) {
    spec.healthCheckNodePort = before.healthCheckNodePort;
  }
  dropUnusable(spec, before);
}

function keepAddresses(spec: ServiceSpec, before: ServiceSpec): void {
  if (!needsClusterIp(spec) || !needsClusterIp(before)) return;
  if (!spec.clusterIP) {
    if ((spec.clusterIPs ?? []).length === 0) {
      if (before.clusterIP) spec.clusterIP = before.clusterIP;
      if (before.clusterIPs) spec.clusterIPs = before.clusterIPs;
    } else spec.clusterIP = spec.clusterIPs![0];
  } else if ((spec.clusterIPs ?? []).length === 0) {
    spec.clusterIPs = spec.clusterIP === before.clusterIP ? before.clusterIPs : [spec.clusterIP];
  } else if (
    spec.clusterIP !== before.clusterIP &&
    JSON.stringify(spec.clusterIPs) === JSON.stringify(before.clusterIPs)
  ) {
    // A client that knows only the single address changed it.
    spec.clusterIPs = [spec.clusterIP];
  }
  if (spec.ipFamilies === undefined && before.ipFamilies !== undefined && spec.ipFamilyPolicy === undefined) {
    spec.ipFamilies = before.ipFamilies;
  }
  if (spec.ipFamilyPolicy === undefined && before.ipFamilyPolicy !== undefined) {
    spec.ipFamilyPolicy = before.ipFamilyPolicy;
  }
}

function keepNodePorts(ports: readonly ServicePort[], before: readonly ServicePort[]): void {
  const key = (port: ServicePort): string => `${port.protocol}/${port.port}`;
  const known = new Map(before.filter((port) => port.nodePort).map((port) => [key(port), port.nodePort!]));
  const used = new Set(ports.map((port) => port.nodePort).filter(Boolean));
  for (const port of ports) {
    const kept = known.get(key(port));
    if (port.nodePort || kept === undefined || used.has(kept)) continue;
    port.nodePort = kept;
    used.add(kept);
  }
}

function dropUnusable(spec: ServiceSpec, before: ServiceSpec): void {
  if (needsClusterIp(before) && !needsClusterIp(spec) && spec.clusterIP === before.clusterIP) {
    for (const key of ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] as const) delete spec[key];
  }
  if (needsNodePorts(before) && !needsNodePorts(spec)) {
    const old = new Set((before.ports ?? []).map((port) => port.nodePort));
    for (const port of spec.ports ?? []) if (old.has(port.nodePort)) delete port.nodePort;
  }
  if (needsHealthPort(before) && !needsHealthPort(spec) && spec.healthCheckNodePort === before.healthCheckNodePort) {
    delete spec.healthCheckNodePort;
  }
  if (before.type === "LoadBalancer" && spec.type !== "LoadBalancer") {
    if (spec.allocateLoadBalancerNodePorts === before.allocateLoadBalancerNodePorts) {
      delete spec.allocateLoadBalancerNodePorts;
    }
    if (spec.loadBalancerClass === before.loadBalancerClass) delete spec.loadBalancerClass;
  }
  const external = (each: ServiceSpec) => needsNodePorts(each) || (each.externalIPs ?? []).length > 0;
  if (external(before) && !external(spec) && spec.externalTrafficPolicy === before.externalTrafficPolicy) {
    delete spec.externalTrafficPolicy;
  }
}
