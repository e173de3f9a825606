import type { ContainerPort, PodSpec } from "../generated/core/v1.ts";
import { containersOf } from "./validate-windows.ts";

/** Ports of a pod that are told twice, or half. */
export function portWarnings(spec: PodSpec, at: string): string[] {
  const known = new Map<string, { path: string; port: ContainerPort }[]>();
  return containersOf(spec, at).flatMap(({ container, path: containerPath }) =>
    (container.ports ?? []).flatMap((port, index) => {
      const path = `${containerPath}.ports[${index}]`;
      const key = `${port.containerPort}/${port.protocol ?? ""}`;
      const others = known.get(key) ?? [];
      const warnings = port.hostIP && !port.hostPort ? [`${path}: hostIP set without hostPort: ${shown(port)}`] : [];
      for (const other of others) {
        const how = overlap(port, other.port);
        if (how !== undefined) warnings.push(`${path}: ${how} port definition with ${other.path}`);
      }
      known.set(key, [...others, { path, port }]);
      return warnings;
    }),
  );
}

function overlap(port: ContainerPort, other: ContainerPort): string | undefined {
  const [host, otherHost] = [port.hostPort ?? 0, other.hostPort ?? 0];
  const [ip, otherIp] = [port.hostIP ?? "", other.hostIP ?? ""];
  if (ip === otherIp && host === otherHost) return "duplicate";
  if (host === 0 || otherHost === 0) return "overlapping";
  return host === otherHost && (ip === "") !== (otherIp === "") ? "dangerously ambiguous" : undefined;
}

/** Names of ports that are given again: who looks for a port by its name finds the first. */
export function portNameWarnings(spec: PodSpec, at: string): string[] {
  const known = new Map<string, string>();
  return containersOf(spec, at).flatMap(({ container, path: containerPath }) =>
    (container.ports ?? []).flatMap(({ name }, index) => {
      if (!name) return [];
      const path = `${containerPath}.ports[${index}]`;
      const first = known.get(name);
      if (first === undefined) {
        known.set(name, path);
        return [];
      }
      const what = `duplicate port name ${JSON.stringify(name)} with ${first}`;
      return [`${path}: ${what}, services and probes that select ports by name will use ${first}`];
    }),
  );
}

/** As Go prints it. */
const shown = ({ name = "", hostPort = 0, containerPort, protocol = "", hostIP = "" }: ContainerPort): string =>
  `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
