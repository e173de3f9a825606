import type { Service } from "../api/generated/core/v1.ts";
import type { EndpointSlice } from "../api/generated/discovery.k8s.io/v1.ts";
import { endpointSlices, services } from "../api/generated/resources.ts";
import { isAlreadyExists, isConflict, isNotFound, StatusError } from "../api/status.ts";
import type { Clock } from "../base/clock.ts";
import { sleep } from "../base/clock.ts";
import type { Client } from "../client/client.ts";

const NAME = "kube-dns";
const NAMESPACE = "kube-system";
const ATTEMPTS = 60;
const RETRY_MS = 250;

export interface DnsServiceOptions {
  readonly client: Client;
  readonly clusterIP: string;
  /** Where the server listens; not a loopback address (the API refuses those as endpoints). */
  readonly address: string;
  readonly port: number;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Keeps the Service `kube-dns` and its EndpointSlice, which points at our server: pods reach it as any other service. It has
 * no selector, so that no controller touches the slice. Waits (bounded) for the API and its namespace; answers the address
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
  return found.spec?.clusterIP ?? options.clusterIP;
}

async function ensureSlice(options: DnsServiceOptions): Promise<void> {
  const target = { namespace: NAMESPACE, name: NAME };
  const wanted = dnsSliceObject(options);
  const existing = await unlessNotFound(options.client.get(endpointSlices, target));
  if (existing === undefined) {
    await options.client.create(endpointSlices, wanted);
    return;
  }
  const { endpoints, ports } = wanted;
  const metadata = { ...existing.metadata, labels: { ...existing.metadata?.labels, ...wanted.metadata?.labels } };
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
      ports: [
        { name: "dns", port: 53, protocol: "UDP", targetPort: 53 },
        { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: 53 },
      ],
    },
  };
}

function dnsSliceObject(options: DnsServiceOptions): EndpointSlice {
  return {
    metadata: {
      name: NAME,
      namespace: NAMESPACE,
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
