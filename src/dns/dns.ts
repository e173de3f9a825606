import { endpointSlices, namespaces, services } from "../api/generated/resources.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Client } from "../client/client.ts";
import type { InformerSet } from "../client/informer.ts";
import { createAnswerer, type DnsCounters } from "./answer.ts";
import { type DnsFacts, dnsService, dnsSlice } from "./facts.ts";
import { createForwarder } from "./forward.ts";
import { followNameservers } from "./resolv-conf.ts";
import { canonicalAddress } from "./reverse.ts";
import { listenDns } from "./server.ts";
import { ensureDnsService } from "./service.ts";

export interface DnsOptions {
  readonly client: Client;
  /** Started by this call where the caller has not. */
  readonly informers: InformerSet;
  readonly nodeName: string;
  /** One of several nodes that answer for their own pods, and not the server's: it has a slice of its own name. */
  readonly isFurther?: boolean;
  /** Where to listen: the gateway of the pods' bridge (network/bridge.ts), which only this machine and its pods reach. */
  readonly address: string;
  /** Of the service kube-dns, e.g. 10.96.0.10. */
  readonly clusterIP: string;
  /** `cluster.local` when absent. */
  readonly clusterDomain?: string;
  /** Where the host's name servers are listed; /etc/resolv.conf when absent. */
  readonly resolvConf?: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface DnsHandle {
  /** What pods get in their resolv.conf. */
  readonly clusterIP: string;
  readonly address: string;
  readonly port: number;
  readonly counters: Readonly<DnsCounters>;
  /** Stops answering. Idempotent; the signal does the same. */
  stop(): Promise<void>;
}

/** Starts cluster DNS: a server on this node that the service kube-dns leads to. Resolves when it answers from a complete zone. */
export async function startDns(options: DnsOptions): Promise<DnsHandle> {
  const { clock, random, log } = options;
  const domain = (options.clusterDomain ?? "cluster.local").toLowerCase();
  const facts = followFacts(options.informers);
  await options.informers.start();

  const stopping = new AbortController();
  const forwarder = createForwarder({
    nameservers: followNameservers(options.resolvConf ?? "/etc/resolv.conf", clock),
    ownAddresses: [options.address, options.clusterIP],
    clock,
    random,
    log,
    signal: stopping.signal,
  });
  const zone = { domain, serverAddress: options.clusterIP, facts };
  const answerer = createAnswerer({ zone, forwarder, random, log });
  // Another program may own port 53 on all addresses; the service's port is 53 all the same.
  const listener = await listenDns({ address: options.address, ports: [53, 0, 0], answerer, clock });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping.abort();
    options.signal.removeEventListener("abort", onAbort);
    stopped ??= listener.close();
    return stopped;
  };
  const onAbort = (): void => void stop();
  if (options.signal.aborted) await stop();
  else options.signal.addEventListener("abort", onAbort);
  try {
    const clusterIP = await ensureDnsService({ ...options, port: listener.port, signal: stopping.signal });
    log.info("cluster DNS answers", { clusterIP, address: options.address, port: listener.port });
    return { clusterIP, address: options.address, port: listener.port, counters: answerer.counters, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function followFacts(informers: InformerSet): DnsFacts {
  const namespaceNames = informers.projected({
    resource: namespaces,
    project: (object) => object.metadata?.name ?? "",
  });
  const serviceFacts = informers.projected({
    resource: services,
    project: dnsService,
    indexes: { address: (service) => service.clusterIPs.map(canonicalAddress) },
  });
  const slices = informers.projected({
    resource: endpointSlices,
    project: (object) => dnsSlice(object) ?? null,
    indexes: {
      service: (slice) => (slice === null ? [] : [slice.serviceKey]),
      address: (slice) => slice?.endpoints.map((endpoint) => canonicalAddress(endpoint.address)) ?? [],
    },
  });
  return {
    hasNamespace: (name) => namespaceNames.get(name) !== undefined,
    service: (key) => serviceFacts.get(key),
    slices: (key) => slices.by("service", key).filter((slice) => slice !== null),
    servicesWithIP: (address) => serviceFacts.by("address", address),
    slicesWithIP: (address) => slices.by("address", address).filter((slice) => slice !== null),
  };
}
