import type { Service } from "../api/generated/core/v1.ts";
import type { EndpointSlice } from "../api/generated/discovery.k8s.io/v1.ts";
import { endpointSlices, nodes, services } from "../api/generated/resources.ts";
import type { OwnerReference } from "../api/meta.ts";
import { isAlreadyExists, isConflict, isNotFound, StatusError } from "../api/status.ts";
import type { Clock } from "../base/clock.ts";
import { sleep } from "../base/clock.ts";
import type { Client } from "../client/client.ts";

const NAME = "kube-dns";
const NAMESPACE = "kube-system";
const NAME_CHARACTERS_MAX = 253;
const ATTEMPTS = 60;
const RETRY_MS = 250;

export interface DnsServiceOptions {
  readonly client: Client;
  readonly clusterIP: string;
  /** Where the server listens; not a loopback address (the API refuses those as endpoints). */
  readonly address: string;
  readonly port: number;
  readonly nodeName: string;
  readonly isFurther?: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Keeps the Service `kube-dns` and this node's EndpointSlice, which points at our server: pods reach it as any other service,
 * and those of a node reach their own node's server alone, which is there while they are. It has
 * no selector, so that no controller touches the slices. Waits (bounded) for the API and its namespace; answers the address
 * that pods are to use, which is the existing service's own when there is one already.
 */
export async function ensureDnsService(options: DnsServiceOptions): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      const address = await ensureService(options);
      await ensureSlice(options);
      return address;
    } catch (error) {
      const retry = isNotFound(error) || isConflict(error) || isAlreadyExists(error) || !(error instanceof StatusError);
      if (!retry || attempt >= ATTEMPTS || options.signal.aborted) throw error;
      await sleep(options.clock, RETRY_MS, options.signal);
    }
  }
}

async function ensureService(options: DnsServiceOptions): Promise<string> {
  const existing = await unlessNotFound(options.client.get(services, { namespace: NAMESPACE, name: NAME }));
  const found = existing ?? (await options.client.create(services, dnsServiceObject(options.clusterIP)));
  // Somebody's own DNS may be anywhere.
  const isOurs = found.spec?.selector === undefined;
  if (isOurs && found.spec?.internalTrafficPolicy !== "Local") {
    await options.client.update(services, { ...found, spec: { ...found.spec, internalTrafficPolicy: "Local" } });
  }
  return found.spec?.clusterIP ?? options.clusterIP;
}

async function ensureSlice(options: DnsServiceOptions): Promise<void> {
  const wanted = dnsSliceObject(options, await ownersOf(options));
  const target = { namespace: NAMESPACE, name: wanted.metadata?.name ?? NAME };
  const existing = await unlessNotFound(options.client.get(endpointSlices, target));
  if (existing === undefined) {
    await options.client.create(endpointSlices, wanted);
    return;
  }
  const { endpoints, ports } = wanted;
  const { labels, ownerReferences } = wanted.metadata ?? {};
  const metadata = {
    ...existing.metadata,
    labels: { ...existing.metadata?.labels, ...labels },
    ...(ownerReferences && { ownerReferences }),
  };
  await options.client.update(endpointSlices, { ...existing, metadata, endpoints, ports });
}

function dnsServiceObject(clusterIP: string): Service {
  return {
    metadata: {
      name: NAME,
      namespace: NAMESPACE,
      labels: {
        "k8s-app": "kube-dns",
        "kubernetes.io/cluster-service": "true",
        "kubernetes.io/name": "CoreDNS",
      },
    },
    spec: {
      clusterIP,
      internalTrafficPolicy: "Local",
      ports: [
        { name: "dns", port: 53, protocol: "UDP", targetPort: 53 },
        { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: 53 },
      ],
    },
  };
}

/** The slice of a further node goes with its Node. */
async function ownersOf({ client, nodeName, isFurther = false }: DnsServiceOptions): Promise<OwnerReference[]> {
  if (!isFurther) return [];
  const node = await unlessNotFound(client.get(nodes, { name: nodeName }));
  return node === undefined ? [] : [{ apiVersion: "v1", kind: "Node", name: nodeName, uid: node.metadata?.uid ?? "" }];
}

function dnsSliceObject(options: DnsServiceOptions, ownerReferences: OwnerReference[]): EndpointSlice {
  return {
    metadata: {
      name: options.isFurther ? `${NAME}-${options.nodeName}`.slice(0, NAME_CHARACTERS_MAX) : NAME,
      namespace: NAMESPACE,
      ...(ownerReferences.length > 0 && { ownerReferences }),
      labels: {
        "kubernetes.io/service-name": NAME,
        "endpointslice.kubernetes.io/managed-by": "wherry-dns",
        "k8s-app": "kube-dns",
      },
    },
    addressType: options.address.includes(":") ? "IPv6" : "IPv4",
    endpoints: [
      {
        addresses: [options.address],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: options.nodeName,
      },
    ],
    ports: [
      { name: "dns", port: options.port, protocol: "UDP" },
      { name: "dns-tcp", port: options.port, protocol: "TCP" },
    ],
  };
}

async function unlessNotFound<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
