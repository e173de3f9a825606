import { isIP, isIPv4, isIPv6 } from "node:net";
import type { DnsEndpoint, DnsFacts, DnsService, NamedPort } from "./facts.ts";
import type { DnsRecord, Question, ZoneAnswer } from "./records.ts";
import { addressOfReverseName } from "./reverse.ts";

/** How long others may keep what we say, in seconds: kubeadm's setting of CoreDNS. */
const ZONE_TTL_SECONDS = 30;
/** Version of the specification that the zone follows (github.com/kubernetes/dns/docs/specification.md). */
const SCHEMA_VERSION = "1.1.0";
const NO_SUCH_NAME: ZoneAnswer = { kind: "noSuchName" };
/** Aliases that follow one another within the zone. */
const ALIAS_LIMIT = 8;

export interface Zone {
  /** `cluster.local`. */
  readonly domain: string;
  /** Cluster IP of the DNS service: address of the name server's own name. */
  readonly serverAddress: string;
  readonly facts: DnsFacts;
}

/** What the cluster's zone says to a question. Pure. Names of answers are written as the question wrote them. */
export function lookUp(question: Question, zone: Zone, aliases = 0): ZoneAnswer {
  const name = question.name.toLowerCase();
  const reverse = addressOfReverseName(name);
  if (reverse !== undefined) return reverseLookUp(question, reverse, zone);
  const labels = labelsInZone(name, zone.domain);
  if (labels === undefined) return { kind: "forward" };
  if (labels.length === 0) return apex(question, zone);
  const [root, ...rest] = [...labels].reverse() as [string, ...string[]];
  if (root === "svc") return serviceNames(question, rest, { zone, aliases });
  if (root === "pod") return podNames(question, rest, zone);
  if (root === "dns-version" && rest.length === 0) {
    return found(question, [{ type: "TXT", name: question.name, ttl: ZONE_TTL_SECONDS, data: SCHEMA_VERSION }]);
  }
  if (root === "dns" && rest.length === 0) return found(question, []);
  if (root === "dns" && rest.length === 1 && rest[0] === "ns") {
    return found(question, addressRecords(question.name, [zone.serverAddress]));
  }
  return NO_SUCH_NAME;
}

/** The zone's own record, which comes with every answer that something is not there. */
export function startOfAuthority(zone: Zone, serial: number): DnsRecord {
  return {
    type: "SOA",
    name: zone.domain,
    ttl: ZONE_TTL_SECONDS,
    data: {
      mname: `ns.dns.${zone.domain}`,
      rname: `hostmaster.${zone.domain}`,
      serial,
      refresh: 7200,
      retry: 1800,
      expire: 86_400,
      minimum: ZONE_TTL_SECONDS,
    },
  };
}

function apex(question: Question, zone: Zone): ZoneAnswer {
  const server = `ns.dns.${zone.domain}`;
  const nameServer: DnsRecord = { type: "NS", name: question.name, ttl: ZONE_TTL_SECONDS, data: server };
  return found(question, [nameServer, startOfAuthority(zone, 1)], addressRecords(server, [zone.serverAddress]));
}

/** `…svc`: labels from the namespace down. */
function serviceNames(question: Question, labels: string[], context: { zone: Zone; aliases: number }): ZoneAnswer {
  const { zone } = context;
  const [namespace, serviceName, ...rest] = labels;
  if (namespace === undefined) return found(question, []);
  if (serviceName === undefined) return zone.facts.hasNamespace(namespace) ? found(question, []) : NO_SUCH_NAME;
  const service = zone.facts.service(`${namespace}/${serviceName}`);
  if (service === undefined) return NO_SUCH_NAME;
  if (rest.length === 0) return wholeService(question, service, context);
  const [first = "", second = ""] = rest;
  if (rest.length === 2 && first.startsWith("_") && second.startsWith("_")) {
    return portsOf(question, service, { zone, protocol: first.slice(1), port: second.slice(1) });
  }
  if (rest.length === 1 && first.startsWith("_")) {
    const named = service.ports.some((port) => port.protocol === first.slice(1));
    return named ? found(question, []) : NO_SUCH_NAME;
  }
  if (rest.length !== 1) return NO_SUCH_NAME;
  const endpoints = endpointsOf(service, zone).filter((endpoint) => endpoint.hostname.toLowerCase() === first);
  if (endpoints.length === 0) return NO_SUCH_NAME;
  return found(
    question,
    addressRecords(
      question.name,
      endpoints.map((endpoint) => endpoint.address),
    ),
  );
}

function wholeService(question: Question, service: DnsService, context: { zone: Zone; aliases: number }): ZoneAnswer {
  const { zone, aliases } = context;
  if (service.externalName !== "") return alias(question, service.externalName, { zone, aliases });
  if (question.type === "SRV") return portsOf(question, service, { zone });
  if (service.clusterIPs.length > 0) return found(question, addressRecords(question.name, service.clusterIPs));
  const endpoints = endpointsOf(service, zone);
  // The specification: a headless service without ready endpoints has no name.
  if (endpoints.length === 0) return NO_SUCH_NAME;
  return found(
    question,
    addressRecords(
      question.name,
      endpoints.map((endpoint) => endpoint.address),
    ),
  );
}

function alias(question: Question, target: string, context: { zone: Zone; aliases: number }): ZoneAnswer {
  const record: DnsRecord = { type: "CNAME", name: question.name, ttl: ZONE_TTL_SECONDS, data: target };
  if (question.type === "CNAME") return { kind: "found", answers: [record], additionals: [] };
  if (context.aliases >= ALIAS_LIMIT) return { kind: "found", answers: [record], additionals: [] };
  const next = lookUp({ name: target, type: question.type }, context.zone, context.aliases + 1);
  if (next.kind === "forward") return { kind: "alias", answers: [record], target };
  if (next.kind === "alias") return { ...next, answers: [record, ...next.answers] };
  if (next.kind === "noSuchName") return { kind: "found", answers: [record], additionals: [] };
  return { kind: "found", answers: [record, ...next.answers], additionals: next.additionals };
}

/** SRV records of one port (`_http._tcp`), or of all ports of a service. */
function portsOf(
  question: Question,
  service: DnsService,
  wanted: { zone: Zone; protocol?: string; port?: string },
): ZoneAnswer {
  const matches = (port: NamedPort): boolean =>
    port.port > 0 &&
    (wanted.protocol === undefined || port.protocol === wanted.protocol) &&
    (wanted.port === undefined || (port.name !== "" && port.name.toLowerCase() === wanted.port));
  const suffix = serviceDomain(service.key, wanted.zone);
  const records =
    service.clusterIPs.length > 0
      ? service.ports
          .filter(matches)
          .map((port) => ({ port: port.port, target: suffix, addresses: service.clusterIPs }))
      : wanted.zone.facts.slices(service.key).flatMap((slice) =>
          slice.ports.filter(matches).flatMap((port) =>
            slice.endpoints.map((endpoint) => ({
              port: port.port,
              target: `${endpoint.hostname}.${suffix}`,
              addresses: [endpoint.address],
            })),
          ),
        );
  if (records.length === 0) return NO_SUCH_NAME;
  const weight = Math.max(1, Math.floor(100 / records.length));
  const answers = records.map(
    ({ port, target }): DnsRecord => ({
      type: "SRV",
      name: question.name,
      ttl: ZONE_TTL_SECONDS,
      data: { priority: 0, weight, port, target },
    }),
  );
  const targets = new Map(records.map((record) => [record.target, record.addresses]));
  return found(
    question,
    answers,
    [...targets].flatMap(([target, addresses]) => addressRecords(target, addresses)),
  );
}

/** `10-244-0-5.<namespace>.pod`: as CoreDNS with `pods insecure`, which every kubeadm cluster has. */
function podNames(question: Question, labels: string[], zone: Zone): ZoneAnswer {
  const [namespace, pod, rest] = labels;
  if (namespace === undefined) return found(question, []);
  if (!zone.facts.hasNamespace(namespace) || rest !== undefined) return NO_SUCH_NAME;
  if (pod === undefined) return found(question, []);
  const address = /^\d+-\d+-\d+-\d+$/.test(pod) ? pod.replaceAll("-", ".") : pod.replaceAll("-", ":");
  return isIP(address) === 0 ? NO_SUCH_NAME : found(question, addressRecords(question.name, [address]));
}

function reverseLookUp(question: Question, address: string, zone: Zone): ZoneAnswer {
  const services = zone.facts.servicesWithIP(address).map((service) => serviceDomain(service.key, zone));
  const pods = zone.facts
    .slicesWithIP(address)
    .flatMap((slice) =>
      slice.endpoints
        .filter((endpoint) => endpoint.address === address)
        .map((endpoint) => `${endpoint.hostname}.${serviceDomain(slice.serviceKey, zone)}`),
    );
  const names = services.length > 0 ? services : pods;
  if (names.length === 0) return { kind: "forward" };
  const records = [...new Set(names)].map(
    (data): DnsRecord => ({ type: "PTR", name: question.name, ttl: ZONE_TTL_SECONDS, data }),
  );
  return found(question, records);
}

function endpointsOf(service: DnsService, zone: Zone): DnsEndpoint[] {
  const byAddress = new Map<string, DnsEndpoint>();
  for (const slice of zone.facts.slices(service.key)) {
    for (const endpoint of slice.endpoints) byAddress.set(endpoint.address, endpoint);
  }
  return [...byAddress.values()];
}

function addressRecords(name: string, addresses: readonly string[]): DnsRecord[] {
  return addresses.flatMap((data): DnsRecord[] => {
    if (isIPv4(data)) return [{ type: "A", name, ttl: ZONE_TTL_SECONDS, data }];
    return isIPv6(data) ? [{ type: "AAAA", name, ttl: ZONE_TTL_SECONDS, data }] : [];
  });
}

/** Keeps the records of the asked type: a name with none of them is there all the same. */
function found(question: Question, records: readonly DnsRecord[], additionals: readonly DnsRecord[] = []): ZoneAnswer {
  const answers = records.filter((record) => record.type === question.type || question.type === "ANY");
  return { kind: "found", answers, additionals: answers.length === 0 ? [] : additionals };
}

function serviceDomain(key: string, zone: Zone): string {
  const [namespace = "", name = ""] = key.split("/");
  return `${name}.${namespace}.svc.${zone.domain}`;
}

function labelsInZone(name: string, domain: string): string[] | undefined {
  if (name === domain) return [];
  return name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1).split(".") : undefined;
}
