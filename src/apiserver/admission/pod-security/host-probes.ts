import type { LifecycleHandler, Probe } from "../../../api/generated/core/v1.ts";
import {
  type AnyContainer,
  containersOf,
  named,
  type PodLike,
  plural,
  quoted,
  sortedUnique,
  type Violation,
} from "./check.ts";

/** Probes and lifecycle hooks that make the kubelet call a host of the pod's choice: the node's own services, for one. */
export function hostProbes(pod: PodLike): Violation | undefined {
  const found = containersOf(pod)
    .map((container) => ({ name: container.name, hosts: hostsOf(container) }))
    .filter(({ hosts }) => hosts.length > 0);
  if (found.length === 0) return undefined;
  const hosts = sortedUnique(found.flatMap((each) => each.hosts));
  const uses = found.length === 1 ? "uses" : "use";
  const detail = `${named(found.map(({ name }) => name))} ${uses} probe or lifecycle ${plural(hosts.length, "host")} ${quoted(hosts)}`;
  return { reason: "probe or lifecycle host", detail };
}

function hostsOf(container: AnyContainer): string[] {
  const actions: (Probe | LifecycleHandler | undefined)[] = [
    container.livenessProbe,
    container.readinessProbe,
    container.startupProbe,
    container.lifecycle?.postStart,
    container.lifecycle?.preStop,
  ];
  return actions
    .flatMap((action) => [action?.httpGet?.host ?? "", action?.tcpSocket?.host ?? ""])
    .filter((host) => host !== "");
}
