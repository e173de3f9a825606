import assert from "node:assert/strict";
import { test } from "node:test";
import { type DnsFacts, type DnsService, type DnsSlice, dnsService, dnsSlice } from "./facts.ts";
import type { DnsRecord } from "./records.ts";
import { lookUp, type Zone } from "./zone.ts";

const services: DnsService[] = [
  dnsService({
    metadata: { namespace: "default", name: "web" },
    spec: {
      clusterIP: "10.96.0.20",
      clusterIPs: ["10.96.0.20", "fd00::20"],
      ports: [
        { name: "http", port: 80 },
        { name: "dns", port: 53, protocol: "UDP" },
      ],
    },
  }),
  dnsService({
    metadata: { namespace: "default", name: "db" },
    spec: { clusterIP: "None", ports: [{ name: "sql", port: 5432 }] },
  }),
  dnsService({ metadata: { namespace: "default", name: "empty" }, spec: { clusterIP: "None" } }),
  dnsService({
    metadata: { namespace: "default", name: "out" },
    spec: { type: "ExternalName", externalName: "example.com." },
  }),
  dnsService({
    metadata: { namespace: "default", name: "in" },
    spec: { type: "ExternalName", externalName: "web.default.svc.cluster.local" },
  }),
  dnsService({
    metadata: { namespace: "default", name: "round" },
    spec: { type: "ExternalName", externalName: "round.default.svc.cluster.local" },
  }),
];
const slices: DnsSlice[] = [
  dnsSlice({
    metadata: { namespace: "default", name: "db-1", labels: { "kubernetes.io/service-name": "db" } },
    addressType: "IPv4",
    ports: [{ name: "sql", port: 5432, protocol: "TCP" }],
    endpoints: [
      { addresses: ["10.244.0.5"], hostname: "db-0" },
      { addresses: ["10.244.0.6"], conditions: { ready: true } },
      { addresses: ["10.244.0.7"], conditions: { ready: false } },
    ],
  })!,
];
const facts: DnsFacts = {
  hasNamespace: (name) => name === "default",
  service: (key) => services.find((service) => service.key === key),
  slices: (key) => slices.filter((slice) => slice.serviceKey === key),
  servicesWithIP: (address) => services.filter((service) => service.clusterIPs.includes(address)),
  slicesWithIP: (address) => slices.filter((slice) => slice.endpoints.some((endpoint) => endpoint.address === address)),
};
const zone: Zone = { domain: "cluster.local", serverAddress: "10.96.0.10", facts };

function text(record: DnsRecord): string {
  const { data } = record;
  if (record.type === "SRV") {
    return `SRV ${record.data.priority} ${record.data.weight} ${record.data.port} ${record.data.target}`;
  }
  return `${record.type} ${record.type === "SOA" ? record.data.mname : data}`;
}

function ask(name: string, type: string): string {
  const answer = lookUp({ name, type }, zone);
  if (answer.kind === "found") {
    return [
      ...answer.answers.map(text),
      ...answer.additionals.map((record) => `+ ${record.name} ${text(record)}`),
    ].join("; ");
  }
  if (answer.kind === "alias") return `${answer.answers.map(text).join("; ")} and on`;
  return answer.kind;
}

const questions: [name: string, type: string, answer: string][] = [
  ["web.default.svc.cluster.local", "A", "A 10.96.0.20"],
  ["WEB.default.svc.Cluster.Local", "A", "A 10.96.0.20"],
  ["web.default.svc.cluster.local", "AAAA", "AAAA fd00::20"],
  ["web.default.svc.cluster.local", "TXT", ""],
  ["db.default.svc.cluster.local", "A", "A 10.244.0.5; A 10.244.0.6"],
  ["db-0.db.default.svc.cluster.local", "A", "A 10.244.0.5"],
  ["10-244-0-6.db.default.svc.cluster.local", "A", "A 10.244.0.6"],
  ["10-244-0-7.db.default.svc.cluster.local", "A", "noSuchName"],
  ["empty.default.svc.cluster.local", "A", "noSuchName"],
  ["nothing.default.svc.cluster.local", "A", "noSuchName"],
  ["web.other.svc.cluster.local", "A", "noSuchName"],
  [
    "_http._tcp.web.default.svc.cluster.local",
    "SRV",
    "SRV 0 100 80 web.default.svc.cluster.local; + web.default.svc.cluster.local A 10.96.0.20; + web.default.svc.cluster.local AAAA fd00::20",
  ],
  ["_http._udp.web.default.svc.cluster.local", "SRV", "noSuchName"],
  ["_tcp.web.default.svc.cluster.local", "SRV", ""],
  [
    "_sql._tcp.db.default.svc.cluster.local",
    "SRV",
    "SRV 0 50 5432 db-0.db.default.svc.cluster.local; SRV 0 50 5432 10-244-0-6.db.default.svc.cluster.local; + db-0.db.default.svc.cluster.local A 10.244.0.5; + 10-244-0-6.db.default.svc.cluster.local A 10.244.0.6",
  ],
  ["out.default.svc.cluster.local", "A", "CNAME example.com and on"],
  ["out.default.svc.cluster.local", "CNAME", "CNAME example.com"],
  ["in.default.svc.cluster.local", "A", "CNAME web.default.svc.cluster.local; A 10.96.0.20"],
  ["10-244-0-9.default.pod.cluster.local", "A", "A 10.244.0.9"],
  ["10-244-0-9.default.pod.cluster.local", "AAAA", ""],
  ["10-244-0-900.default.pod.cluster.local", "A", "noSuchName"],
  ["10-244-0-9.other.pod.cluster.local", "A", "noSuchName"],
  ["default.svc.cluster.local", "A", ""],
  ["svc.cluster.local", "A", ""],
  ["other.svc.cluster.local", "A", "noSuchName"],
  ["dns-version.cluster.local", "TXT", "TXT 1.1.0"],
  ["ns.dns.cluster.local", "A", "A 10.96.0.10"],
  ["cluster.local", "NS", "NS ns.dns.cluster.local; + ns.dns.cluster.local A 10.96.0.10"],
  ["cluster.local", "SOA", "SOA ns.dns.cluster.local; + ns.dns.cluster.local A 10.96.0.10"],
  ["example.com.default.svc.cluster.local", "A", "noSuchName"],
  ["example.com", "A", "forward"],
  ["notcluster.local", "A", "forward"],
  ["20.0.96.10.in-addr.arpa", "PTR", "PTR web.default.svc.cluster.local"],
  ["5.0.244.10.in-addr.arpa", "PTR", "PTR db-0.db.default.svc.cluster.local"],
  [
    "0.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa",
    "PTR",
    "PTR web.default.svc.cluster.local",
  ],
  ["9.9.9.9.in-addr.arpa", "PTR", "forward"],
];

for (const [name, type, answer] of questions) {
  test(`${type} ${name}`, () => assert.equal(ask(name, type), answer));
}

test("aliases that go round end", () => {
  assert.match(
    ask("round.default.svc.cluster.local", "A"),
    /^CNAME round\.default\.svc\.cluster\.local(; CNAME round.*){1,10}$/,
  );
});
