import type { ServicePort, ServiceSpec } from "../../../api/generated/core/v1.ts";

/** Ports of nodes, as a transaction takes them. */
export interface NodePorts {
  /** Takes this one. @throws the error to answer */
  take(port: number, field: { index: number } | "healthCheckNodePort"): Promise<void>;
  /** Takes any. @throws the error to answer */
  takeAny(what: string): Promise<number>;
  /** Whether the Service had it before. */
  isKept(port: number): boolean;
}

const hasNodePorts = ({ type }: ServiceSpec): boolean => type === "NodePort" || type === "LoadBalancer";
const wantsNodePorts = (spec: ServiceSpec): boolean =>
  spec.type === "NodePort" || (spec.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false);

/** Gives a new Service its ports: ports of one number share a port of the nodes, whatever their protocols. */
export async function giveNewPorts(spec: ServiceSpec, nodePorts: NodePorts): Promise<void> {
  if (!hasNodePorts(spec)) return;
  const ports = spec.ports ?? [];
  const given = new Map<number, number>();
  for (const [index, port] of ports.entries()) {
    if (!port.nodePort && !wantsNodePorts(spec)) continue;
    const known = given.get(port.port);
    if (known === undefined) {
      const asked = askedFor(ports, port.port);
      if (asked !== undefined) await nodePorts.take(asked, { index });
      port.nodePort = asked ?? (await nodePorts.takeAny("nodePort"));
      given.set(port.port, port.nodePort);
    } else if (!port.nodePort) port.nodePort = known;
    else if (port.nodePort !== known) await nodePorts.take(port.nodePort, { index });
  }
}

const askedFor = (ports: readonly ServicePort[], number: number): number | undefined =>
  ports.find(({ port, nodePort }) => port === number && nodePort)?.nodePort;

/** Gives a changed Service the ports that it has not yet. */
export async function giveChangedPorts(spec: ServiceSpec, nodePorts: NodePorts): Promise<void> {
  if (!hasNodePorts(spec)) return;
  const taken = new Set<number>();
  for (const [index, port] of (spec.ports ?? []).entries()) {
    if (port.nodePort) {
      if (!nodePorts.isKept(port.nodePort) && !taken.has(port.nodePort)) await nodePorts.take(port.nodePort, { index });
      taken.add(port.nodePort);
    } else if (wantsNodePorts(spec)) port.nodePort = await nodePorts.takeAny("nodePort");
  }
}
