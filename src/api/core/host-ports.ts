import type { Container, Pod } from "../generated/core/v1.ts";

/** A port of the node that a pod wants for itself. */
export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

const NONE: readonly never[] = Object.freeze([]);

/** Ports of containers and sidecars: those that are held while the pod runs. */
export function hostPorts(pod: Pod): readonly HostPort[] {
  const sidecars = pod.spec?.initContainers?.filter((container) => container.restartPolicy === "Always") ?? NONE;
  const found: HostPort[] = [];
  for (const container of [...(pod.spec?.containers ?? NONE), ...sidecars] as readonly Container[]) {
    for (const port of container.ports ?? NONE) {
      if (!port.hostPort) continue;
      found.push({ ip: port.hostIP || "0.0.0.0", protocol: port.protocol || "TCP", port: port.hostPort });
    }
  }
  return found.length === 0 ? NONE : found;
}

/** Equal protocol and port, on the same address or where one of them is all addresses. */
export function portsCollide(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === "0.0.0.0" || b.ip === "0.0.0.0");
}
