import type { Endpoints, Service } from "../api/generated/core/v1.ts";
import type { EndpointSlice } from "../api/generated/discovery.k8s.io/v1.ts";
import { endpointSlices, endpoints, services } from "../api/generated/resources.ts";
import type { ApiObject, ResourceReference } from "../api/meta.ts";
import { isAlreadyExists, isConflict, isNotFound } from "../api/status.ts";
import { errorMessage } from "../base/assert.ts";
import { type Clock, sleep } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Client } from "../client/client.ts";

const NAME = { namespace: "default", name: "kubernetes" };

/** By which pods reach an API server. */
export interface ServerAddress {
  readonly address: string;
  readonly port: number;
}

export interface KubernetesServiceAddress extends ServerAddress {
  readonly clusterIP: string;
  /** All API servers that live, where there may be several. */
  readonly servers?: (() => Promise<readonly ServerAddress[]>) | undefined;
}

/**
 * Makes the Service `kubernetes` and where it leads, by which pods reach the API server (upstream: the API server's own
 * kubernetesservice controller). Idempotent; called at each start because port and address may have changed, and again by keepKubernetesService.
 */
export async function ensureKubernetesService(client: Client, at: KubernetesServiceAddress): Promise<void> {
  const byPort = groupByPort((await at.servers?.()) ?? [at]);
  const ports = byPort.map(({ port }) => port);
  const metadata = { ...NAME, labels: { component: "apiserver", provider: "kubernetes" } };
  const service: Service = {
    metadata,
    spec: {
      type: "ClusterIP",
      clusterIP: at.clusterIP,
      sessionAffinity: "None",
      ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: ports[0]! }],
    },
  };
  const legacy: Endpoints = {
    metadata: { ...NAME, labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
    subsets: byPort.map(({ port, addresses }) => ({
      addresses: addresses.map((ip) => ({ ip })),
      ports: [portNamed(port)],
    })),
  };
  const slices = byPort.map(
    ({ port, addresses }, index): EndpointSlice => ({
      // A slice has one set of ports: servers that listen on another have one of their own.
      metadata: {
        namespace: NAME.namespace,
        name: index === 0 ? NAME.name : `${NAME.name}-${port}`,
        labels: { [SERVICE_LABEL]: NAME.name },
      },
      addressType: "IPv4",
      endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
      ports: [portNamed(port)],
    }),
  );
  await Promise.all([
    ensure(client, services, service, {
      // Servers that listen on several ports must not take it from each other.
      isGood: (stored) => holds(stored, withTargetPort(service, stored, ports)),
      repair: (stored) => ({ ...stored, spec: { ...stored.spec, ports: service.spec!.ports! } }),
    }),
    ensure(client, endpoints, legacy, { repair: (stored) => ({ ...stored, subsets: legacy.subsets }) }),
    ...slices.map((slice) =>
      ensure(client, endpointSlices, slice, {
        repair: (stored) => ({ ...stored, endpoints: slice.endpoints, ports: slice.ports! }),
      }),
    ),
    at.servers === undefined ? undefined : removeOtherSlices(client, slices),
  ]);
}

const SERVICE_LABEL = "kubernetes.io/service-name";

/** Ports in order, and the addresses that serve each, in order: all servers must write the same. */
function groupByPort(servers: readonly ServerAddress[]): { port: number; addresses: string[] }[] {
  const ports = [...new Set(servers.map(({ port }) => port))].sort((left, right) => left - right);
  return ports.map((port) => ({
    port,
    addresses: [...new Set(servers.filter((each) => each.port === port).map(({ address }) => address))].sort(),
  }));
}

function portNamed(port: number): { name: string; port: number; protocol: string } {
  return { name: "https", port, protocol: "TCP" };
}

/** The wanted service with the port that is stored, if one of the servers listens on it. */
function withTargetPort(service: Service, stored: Service, ports: readonly number[]): Service {
  const [port] = service.spec!.ports!;
  const targetPort = stored.spec?.ports?.[0]?.targetPort;
  if (typeof targetPort !== "number" || !ports.includes(targetPort)) return service;
  return { ...service, spec: { ...service.spec, ports: [{ ...port!, targetPort }] } };
}

/** Slices of servers that listened on ports of their own and are gone. */
async function removeOtherSlices(client: Client, wanted: readonly EndpointSlice[]): Promise<void> {
  const names = new Set(wanted.map(({ metadata }) => metadata?.name));
  const { items } = await client.list(endpointSlices, {
    namespace: NAME.namespace,
    labelSelector: `${SERVICE_LABEL}=${NAME.name}`,
  });
  const others = items.filter(
    ({ metadata }) => /^kubernetes-\d+$/.test(metadata?.name ?? "") && !names.has(metadata?.name),
  );
  for (const { metadata } of others) {
    await client.delete(endpointSlices, { ...NAME, name: metadata!.name! }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
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

const TRIES = 5;

/** Creates the object, or brings what is stored up to date. What is right is not sent: at most starts that is everything. */
async function ensure<T extends ApiObject>(
  client: Client,
  resource: ResourceReference<T>,
  wanted: T,
  by: { repair(stored: T): T; isGood?(stored: T): boolean },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const stored = await client.get(resource, { ...NAME, name: wanted.metadata!.name! });
      const isGood = by.isGood?.(stored) ?? holds(stored, wanted);
      if (!isGood) await client.update(resource, by.repair(stored));
      return;
    } catch (error) {
      // Another server does the same at the same moment.
      if (isConflict(error) && attempt < TRIES) continue;
      if (!isNotFound(error)) throw error;
      await client.create(resource, wanted).catch((failure: unknown) => {
        if (!isAlreadyExists(failure)) throw failure;
      });
      return;
    }
  }
}

/** True when everything that `wanted` says is so in `stored`, which may say more (defaults). */
function holds(stored: unknown, wanted: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null) return stored === wanted;
  if (typeof stored !== "object" || stored === null) return false;
  if (Array.isArray(wanted) && (!Array.isArray(stored) || stored.length !== wanted.length)) return false;
  return Object.entries(wanted).every(([key, value]) => holds((stored as Record<string, unknown>)[key], value));
}
