import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, PodSpec } from "../../api/generated/core/v1.ts";
import { parseResolvConf, podDnsConfig } from "./dns.ts";

const facts = {
  host: { servers: ["192.0.2.53"], searches: ["corp.example"], options: ["timeout:1"] },
  clusterDns: ["10.96.0.10"],
  clusterDomain: "cluster.local",
};
const pod = (spec: Partial<PodSpec>): Pod => ({ metadata: { namespace: "shop" }, spec: { containers: [], ...spec } });
const cluster = {
  servers: ["10.96.0.10"],
  searches: ["shop.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp.example"],
  options: ["ndots:5"],
};

for (const [name, spec, wanted] of [
  ["ClusterFirst", {}, cluster],
  ["ClusterFirst in the host's network", { hostNetwork: true }, facts.host],
  ["ClusterFirstWithHostNet", { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }, cluster],
  ["Default", { dnsPolicy: "Default" }, facts.host],
  [
    "None",
    {
      dnsPolicy: "None",
      dnsConfig: { nameservers: ["9.9.9.9"], searches: ["x"], options: [{ name: "ndots", value: "2" }] },
    },
    { servers: ["9.9.9.9"], searches: ["x"], options: ["ndots:2"] },
  ],
  [
    "ClusterFirst with additions",
    { dnsConfig: { nameservers: ["1.1.1.1"], options: [{ name: "ndots", value: "1" }, { name: "rotate" }] } },
    { ...cluster, servers: ["10.96.0.10", "1.1.1.1"], options: ["ndots:1", "rotate"] },
  ],
] as const) {
  test(`dnsPolicy ${name}`, () => assert.deepEqual(podDnsConfig(pod(spec as Partial<PodSpec>), facts), wanted));
}

test("resolvers read no more than three servers", () => {
  const nameservers = ["1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"];
  assert.equal(podDnsConfig(pod({ dnsPolicy: "None", dnsConfig: { nameservers } }), facts).servers.length, 3);
});

test("reads a resolv.conf", () => {
  const text =
    "# comment\nnameserver 10.0.0.2 # here\nsearch a.example. b.example\noptions ndots:1 edns0\nnameserver ::1\n";
  assert.deepEqual(parseResolvConf(text), {
    servers: ["10.0.0.2", "::1"],
    searches: ["a.example", "b.example"],
    options: ["ndots:1", "edns0"],
  });
});
