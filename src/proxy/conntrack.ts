import { chooseTargets } from "./endpoints.ts";
import type { NodeFacts, ServiceFacts, SliceFacts } from "./model.ts";

/** Where UDP traffic of a service arrives and where it goes, by port path. */
export type UdpFlows = ReadonlyMap<string, UdpFlow>;

export interface UdpFlow {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly nodePort: number | undefined;
  readonly targets: readonly string[];
}

/** UDP ports of a service. Pure. */
export function udpFlows(
  service: ServiceFacts | undefined,
  context: { slices: readonly SliceFacts[]; node: NodeFacts },
): UdpFlows {
  const found = new Map<string, UdpFlow>();
  for (const port of service?.ports ?? []) {
    if (service === undefined || port.protocol !== "udp") continue;
    const targets = chooseTargets(service, port, context);
    found.set(`${service.key}/${port.port}`, {
      addresses: [...service.clusterIPs, ...service.externalIPs, ...service.loadBalancerIPs],
      port: port.port,
      nodePort: port.nodePort,
      targets: [...new Set([...targets.cluster, ...targets.local].map((target) => target.address))],
    });
  }
  return found;
}

/**
 * Parameters of `conntrack` that end flows which would otherwise go on to a pod that is gone: UDP has no end of its own,
 * so a client that keeps sending keeps its old entry alive. A port that got its first endpoint forgets all its flows,
 * for they were let through untranslated. Pure.
 */
export function staleFlows(before: UdpFlows, after: UdpFlows): string[][] {
  const commands: string[][] = [];
  for (const [path, old] of before) {
    const targets = after.get(path)?.targets ?? [];
    for (const gone of old.targets.filter((target) => !targets.includes(target))) {
      for (const address of old.addresses) {
        commands.push([
          "-D",
          "-p",
          "udp",
          "--orig-dst",
          address,
          "--orig-port-dst",
          `${old.port}`,
          "--reply-src",
          gone,
        ]);
      }
      if (old.nodePort !== undefined) {
        commands.push(["-D", "-p", "udp", "--orig-port-dst", `${old.nodePort}`, "--reply-src", gone]);
      }
    }
  }
  for (const [path, flow] of after) {
    if (flow.targets.length === 0 || (before.get(path)?.targets.length ?? 0) > 0) continue;
    for (const address of flow.addresses) {
      commands.push(["-D", "-p", "udp", "--orig-dst", address, "--orig-port-dst", `${flow.port}`]);
    }
    if (flow.nodePort !== undefined) commands.push(["-D", "-p", "udp", "--orig-port-dst", `${flow.nodePort}`]);
  }
  return commands;
}
