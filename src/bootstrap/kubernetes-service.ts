import type { Endpoints, Service } from "../api/generated/core/v1.ts";
import type { EndpointSlice } from "../api/generated/discovery.k8s.io/v1.ts";
import { endpointSlices, endpoints, services } from "../api/generated/resources.ts";
import type { ApiObject, ResourceReference } from "../api/meta.ts";
import { isAlreadyExists, isNotFound } from "../api/status.ts";
import { errorMessage } from "../base/assert.ts";
import { type Clock, sleep } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Client } from "../client/client.ts";

const NAME = { namespace: "default", name: "kubernetes" };

export interface KubernetesServiceAddress {
  readonly clusterIP: string;
  /** By which pods reach the API server. */
  readonly address: string;
  readonly port: number;
}

/**
 * Makes the Service `kubernetes` and where it leads, by which pods reach the API server (upstream: the API server's own
 * kubernetesservice controller). Idempotent; called at each start because port and address may have changed, and again by keepKubernetesService.
 */
export async function ensureKubernetesService(client: Client, at: KubernetesServiceAddress): Promise<void> {
  const metadata = { ...NAME, labels: { component: "apiserver", provider: "kubernetes" } };
  const service: Service = {
    metadata,
    spec: {
      type: "ClusterIP",
      clusterIP: at.clusterIP,
      sessionAffinity: "None",
      ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: at.port }],
    },
  };
  const port = { name: "https", port: at.port, protocol: "TCP" };
  const legacy: Endpoints = {
    metadata: { ...NAME, labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
    subsets: [{ addresses: [{ ip: at.address }], ports: [port] }],
  };
  const slice: EndpointSlice = {
    metadata: { ...NAME, labels: { "kubernetes.io/service-name": NAME.name } },
    addressType: "IPv4",
    endpoints: [{ addresses: [at.address], conditions: { ready: true } }],
    ports: [port],
  };
  await Promise.all([
    ensure(client, services, service, (stored) => ({
      ...stored,
      spec: { ...stored.spec, ports: service.spec!.ports! },
    })),
    ensure(client, endpoints, legacy, (stored) => ({ ...stored, subsets: legacy.subsets })),
    ensure(client, endpointSlices, slice, (stored) => ({ ...stored, endpoints: slice.endpoints, ports: slice.ports! })),
  ]);
}

/** How often it is looked at whether somebody has deleted or changed it (upstream: 10 s). */
const PERIOD_MS = 10_000;

/** Makes good again what becomes of the Service, until the signal aborts. Never rejects. */
export async function keepKubernetesService(
  client: Client,
  at: KubernetesServiceAddress,
  options: { readonly clock: Clock; readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const { clock, log, signal } = options;
  for (;;) {
    await sleep(clock, PERIOD_MS, signal);
    if (signal.aborted) return;
    try {
      await ensureKubernetesService(client, at);
    } catch (error) {
      if (!signal.aborted) log.warn("the Service kubernetes cannot be kept", { error: errorMessage(error) });
    }
  }
}

/** Creates the object, or brings what is stored up to date. What is right is not sent: at most starts that is everything. */
async function ensure<T extends ApiObject>(
  client: Client,
  resource: ResourceReference<T>,
  wanted: T,
  repair: (stored: T) => T,
): Promise<void> {
  try {
    const stored = await client.get(resource, NAME);
    if (!holds(stored, wanted)) await client.update(resource, repair(stored));
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await client.create(resource, wanted).catch((failure: unknown) => {
      if (!isAlreadyExists(failure)) throw failure;
    });
  }
}

/** True when everything that `wanted` says is so in `stored`, which may say more (defaults). */
function holds(stored: unknown, wanted: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null) return stored === wanted;
  if (typeof stored !== "object" || stored === null) return false;
  if (Array.isArray(wanted) && (!Array.isArray(stored) || stored.length !== wanted.length)) return false;
  return Object.entries(wanted).every(([key, value]) => holds((stored as Record<string, unknown>)[key], value));
}
