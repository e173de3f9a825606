import { isIPv4 } from "node:net";
import type { Pod, Service } from "../api/generated/core/v1.ts";
import type { EndpointSlice } from "../api/generated/discovery.k8s.io/v1.ts";
import { keyOf } from "../api/meta.ts";

export type Protocol = "tcp" | "udp" | "sctp";

/** What the rules need of a Service. Addresses are IPv4 and checked: they go into the text of rules. */
export interface ServiceFacts {
  /** `namespace/name`. */
  readonly key: string;
  readonly clusterIPs: readonly string[];
  readonly externalIPs: readonly string[];
  readonly loadBalancerIPs: readonly string[];
  /** Blocks that may use the load balancer's addresses; everybody when absent, nobody when empty. */
  readonly sourceRanges?: readonly string[];
  readonly internalLocal: boolean;
  readonly externalLocal: boolean;
  /** Where load balancers ask whether this node has endpoints; only with an external policy Local. */
  readonly healthCheckPort?: number;
  /** Seconds that a client stays with its endpoint; absent: no affinity. */
  readonly affinitySeconds?: number;
  readonly ports: readonly ServicePortFacts[];
}

export interface ServicePortFacts {
  /** Empty for the only port of a service. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly nodePort?: number;
}

/** What the rules need of an EndpointSlice. */
export interface SliceFacts {
  readonly key: string;
  readonly serviceKey: string;
  readonly ports: readonly { readonly name: string; readonly protocol: Protocol; readonly port: number }[];
  readonly endpoints: readonly EndpointFacts[];
}

export interface EndpointFacts {
  readonly address: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly nodeName: string;
  readonly forNodes?: readonly string[];
  readonly forZones?: readonly string[];
}

/** A pod of this node with host ports. */
export interface HostPortPod {
  readonly key: string;
  readonly podIP: string;
  readonly ports: readonly {
    readonly hostIP: string;
    readonly hostPort: number;
    readonly containerPort: number;
    readonly protocol: Protocol;
  }[];
}

/** What this node is, as far as rules depend on it. */
export interface NodeFacts {
  readonly nodeName: string;
  /** Label topology.kubernetes.io/zone; empty when the node has none. */
  readonly zone: string;
  /** Addresses of the pods of this node, e.g. `10.244.0.0/24`. */
  readonly podCidr: string;
}

const DEFAULT_AFFINITY_SECONDS = 10_800;

/** Services and slices with one of these labels are not this proxy's, whatever else they say. */
const NOT_OURS: readonly string[] = ["service.kubernetes.io/service-proxy-name", "service.kubernetes.io/headless"];

function isOurs({ metadata }: Service | EndpointSlice): boolean {
  return NOT_OURS.every((label) => metadata?.labels?.[label] === undefined);
}

/** Facts of a service that a proxy serves; undefined for headless services, ExternalName and those of another proxy. */
export function serviceFacts(service: Service): ServiceFacts | undefined {
  const spec = service.spec;
  if (spec === undefined || spec.type === "ExternalName" || !isOurs(service)) return undefined;
  const clusterIPs = (spec.clusterIPs ?? [spec.clusterIP ?? ""]).filter(isIPv4);
  if (clusterIPs.length === 0) return undefined;
  const external = spec.type === "NodePort" || spec.type === "LoadBalancer";
  const ingress = spec.type === "LoadBalancer" ? (service.status?.loadBalancer?.ingress ?? []) : [];
  return {
    key: keyOf(service),
    clusterIPs,
    externalIPs: (spec.externalIPs ?? []).filter(isIPv4),
    loadBalancerIPs: ingress
      .filter((entry) => entry.ipMode !== "Proxy")
      .map((entry) => entry.ip ?? "")
      .filter(isIPv4),
    ...((spec.loadBalancerSourceRanges ?? []).length > 0 && {
      sourceRanges: spec.loadBalancerSourceRanges?.map((range) => range.trim()).filter(isIPv4Cidr) ?? [],
    }),
    internalLocal: spec.internalTrafficPolicy === "Local",
    externalLocal: spec.externalTrafficPolicy === "Local",
    ...(spec.externalTrafficPolicy === "Local" &&
      (spec.healthCheckNodePort ?? 0) > 0 && { healthCheckPort: spec.healthCheckNodePort as number }),
    ...(spec.sessionAffinity === "ClientIP" && {
      affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS,
    }),
    ports: (spec.ports ?? []).map((port) => ({
      name: port.name ?? "",
      protocol: protocolOf(port.protocol),
      port: port.port,
      ...(external && port.nodePort !== undefined && port.nodePort > 0 && { nodePort: port.nodePort }),
    })),
  };
}

/** Facts of a slice of IPv4 endpoints that belongs to a service; undefined for others. */
export function sliceFacts(slice: EndpointSlice): SliceFacts | undefined {
  const labels = slice.metadata?.labels ?? {};
  const serviceName = labels["kubernetes.io/service-name"];
  if (serviceName === undefined || slice.addressType !== "IPv4" || !isOurs(slice)) return undefined;
  return {
    key: keyOf(slice),
    serviceKey: `${slice.metadata?.namespace ?? ""}/${serviceName}`,
    ports: (slice.ports ?? []).flatMap((port) =>
      port.port === undefined ? [] : [{ name: port.name ?? "", protocol: protocolOf(port.protocol), port: port.port }],
    ),
    // Upstream proxies use the first address only: the API reserves the others.
    endpoints: (slice.endpoints ?? []).flatMap((endpoint) => {
      const address = endpoint.addresses[0] ?? "";
      if (!isIPv4(address)) return [];
      const conditions = endpoint.conditions ?? {};
      const ready = conditions.ready ?? true;
      return [
        {
          address,
          ready,
          serving: conditions.serving ?? ready,
          terminating: conditions.terminating ?? false,
          nodeName: endpoint.nodeName ?? "",
          ...(endpoint.hints?.forNodes && { forNodes: endpoint.hints.forNodes.map((node) => node.name) }),
          ...(endpoint.hints?.forZones && { forZones: endpoint.hints.forZones.map((zone) => zone.name) }),
        },
      ];
    }),
  };
}

/** Facts of a running pod with host ports of its own; undefined when there is nothing to forward. */
export function hostPortPod(pod: Pod): HostPortPod | undefined {
  const podIP = pod.status?.podIP ?? "";
  if (pod.spec?.hostNetwork === true || !isIPv4(podIP)) return undefined;
  if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") return undefined;
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === "Always");
  const ports = [...sidecars, ...(pod.spec?.containers ?? [])].flatMap((container) =>
    (container.ports ?? []).flatMap((port) =>
      port.hostPort === undefined || port.hostPort === 0
        ? []
        : [
            {
              hostIP: isIPv4(port.hostIP ?? "") && port.hostIP !== "0.0.0.0" ? (port.hostIP as string) : "",
              hostPort: port.hostPort,
              containerPort: port.containerPort,
              protocol: protocolOf(port.protocol),
            },
          ],
    ),
  );
  return ports.length === 0 ? undefined : { key: keyOf(pod), podIP, ports };
}

function isIPv4Cidr(text: string): boolean {
  const [address = "", prefix = "", rest] = text.split("/");
  return rest === undefined && isIPv4(address) && /^\d{1,2}$/.test(prefix) && Number(prefix) <= 32;
}

function protocolOf(text: string | undefined): Protocol {
  return text === "UDP" ? "udp" : text === "SCTP" ? "sctp" : "tcp";
}
