import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { RangeChoice } from "../cli/choices.ts";
import { CommandError } from "../cli/command.ts";
import { type Claim, type Collision, isCollision } from "../network/claim.ts";
import { isPodNetworkDevice } from "../network/names.ts";
import { clusterFacts, readClusterFacts, requireOwnAddresses, standingRanges } from "./cluster-facts.ts";
import { completeRanges, dnsServiceAddress, kubernetesServiceAddress, nodePodCidr } from "./cluster-ranges.ts";
import { requireApartFromSimulated, requireSameRanges } from "./range-choice.ts";

/** Addresses for documentation and benchmarks, by process: no machine has them. */
const OWN = `198.18.${process.pid % 250}.0/24`;
const OTHERS = `198.19.${process.pid % 250}.0/24`;

const newPlace = (context: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), "wherry-facts-"));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
};
const start = async (context: TestContext, dataDirectory: string, chosen: RangeChoice = {}) => {
  const { facts, claim } = await clusterFacts({ dataDirectory, chosen, checksMachine: true });
  context.after(() => (isCollision(claim) ? undefined : claim.release()));
  return { facts, claim };
};
const release = (claim: Claim | Collision): Promise<void> => (isCollision(claim) ? Promise.resolve() : claim.release());
const refusal = (message: RegExp) => (error: unknown) =>
  error instanceof CommandError && error.exitCode === 2 && message.test(error.message);

test("what is chosen at the first start stands, what is not has its default", async (context) => {
  const directory = newPlace(context);
  const chosen = {
    clusterCidr: OWN,
    nodeCidrMaskSize: 26,
    serviceCidr: "172.20.0.0/24",
    clusterDomain: "corp.example",
  };
  const { facts, claim } = await start(context, directory, chosen);
  const { clusterId, ...ranges } = facts;
  assert.deepEqual(ranges, { ...chosen, serviceNodePortRange: "30000-32767" });
  assert.deepEqual(JSON.parse(readFileSync(join(directory, "cluster.json"), "utf8")), ranges);
  assert.deepEqual(readClusterFacts(directory), facts);
  await release(claim);
  const again = await start(context, directory);
  assert.deepEqual(again.facts, facts);
  assert.ok(!isCollision(again.claim));
});

test("a cluster that nobody says anything of has the usual addresses", async (context) => {
  const directory = newPlace(context);
  const { facts } = await start(context, directory);
  assert.match(facts.clusterCidr, /^\d+\.\d+\.0\.0\/16$/);
  assert.deepEqual(
    [kubernetesServiceAddress(facts), dnsServiceAddress(facts), facts.clusterDomain, nodePodCidr(facts)],
    ["10.96.0.1", "10.96.0.10", "cluster.local", facts.clusterCidr.replace("/16", "/24")],
  );
});

test("pods of a new cluster keep out of the addresses that are chosen for its Services", async (context) => {
  const directory = newPlace(context);
  // What pods would have otherwise: nobody on this machine has it now.
  const usual = await start(context, directory);
  await release(usual.claim);
  rmSync(join(directory, "cluster.json"));
  const { facts } = await start(context, directory, { serviceCidr: usual.facts.clusterCidr });
  assert.notEqual(facts.clusterCidr, usual.facts.clusterCidr);
});

test("a file of before the options has the values that there were", (context) => {
  const directory = newPlace(context);
  writeFileSync(join(directory, "cluster.json"), '{"clusterCidr":"10.244.0.0/16","serviceCidr":"10.96.0.0/16"}');
  assert.deepEqual(standingRanges(directory), completeRanges({ clusterCidr: "10.244.0.0/16" }));
  writeFileSync(join(directory, "cluster.json"), "{}");
  assert.throws(() => standingRanges(directory), /cluster\.json is damaged: restore it/);
});

test("what another server of the cluster has decided is taken over", async (context) => {
  const directory = newPlace(context);
  const decided = completeRanges({ clusterCidr: OWN, serviceCidr: "172.20.0.0/24", clusterDomain: "corp.example" });
  const { facts, claim } = await clusterFacts({ dataDirectory: directory, decided, chosen: {}, checksMachine: true });
  await release(claim);
  assert.deepEqual({ ...facts, clusterId: "" }, { ...decided, clusterId: "" });
  assert.deepEqual(standingRanges(directory), decided);
});

const own = Object.entries(networkInterfaces())
  .flatMap(([name, entries = []]) => (isPodNetworkDevice(name) ? [] : entries))
  .find(({ family, internal }) => family === "IPv4" && !internal);
const rows: readonly [string, RangeChoice, RegExp][] = [
  [
    "pods among the usual Services",
    { clusterCidr: "10.96.0.0/12" },
    /pods \(--cluster-cidr 10\.96\.0\.0\/12\) and Services/,
  ],
  ["Services among the chosen pods", { clusterCidr: OWN, serviceCidr: OWN.replace("/24", "/28") }, /do not overlap/],
];
if (own !== undefined) {
  const range = `${own.address.replace(/\d+$/, "0")}/24`;
  test("refused where nobody may be in the way: the machine's own network", async (context) => {
    const directory = newPlace(context);
    const options = { dataDirectory: directory, chosen: { serviceCidr: range } };
    await assert.rejects(
      clusterFacts({ ...options, checksMachine: true }),
      refusal(/has addresses of the network .*: choose addresses that nothing here uses/),
    );
    assert.equal(existsSync(join(directory, "cluster.json")), false);
    const { claim } = await clusterFacts({ ...options, checksMachine: false });
    await release(claim);
  });
}
for (const [what, chosen, message] of rows) {
  test(`refused: ${what}`, async (context) => {
    const directory = newPlace(context);
    await assert.rejects(start(context, directory, chosen), refusal(message));
    assert.equal(existsSync(join(directory, "cluster.json")), false);
  });
}

test("another cluster that runs is not disturbed", {
  skip: process.platform !== "linux" && "claims are Linux sockets",
}, async (context) => {
  const first = await start(context, newPlace(context), { clusterCidr: OWN, serviceCidr: "172.20.0.0/24" });
  assert.ok(!isCollision(first.claim));
  const place = newPlace(context);
  const half = OWN.replace("/24", "/23");
  await assert.rejects(
    start(context, place, { clusterCidr: half }),
    refusal(/--cluster-cidr: a cluster that runs on this machine has 198\.18\.\d+\.0\/24 for its pods: choose other/),
  );
  await assert.rejects(
    start(context, place, { clusterCidr: "172.20.0.0/16" }),
    refusal(/--cluster-cidr: .* has 172\.20\.0\.0\/24 for its Services/),
  );
  await assert.rejects(
    start(context, place, { clusterCidr: OTHERS, serviceCidr: OWN.replace("/24", "/28") }),
    refusal(/--service-cluster-ip-range: .* has 198\.18\.\d+\.0\/24 for its pods/),
  );
  assert.equal(existsSync(join(place, "cluster.json")), false);
  const beside = await start(context, place, { clusterCidr: OTHERS, serviceCidr: "172.20.0.0/24" });
  requireOwnAddresses(beside.facts, beside.claim);
  // As a cluster that was stopped when the other one took its addresses.
  assert.throws(
    () => requireOwnAddresses(beside.facts, { own: "pods", others: "services", cidr: "198.19.0.0/16" }),
    /addresses of this cluster's pods, \S+, are in use by another cluster .*198\.19\.0\.0\/16\): stop it first/,
  );
});

test("what stands is not changed by an option", () => {
  const standing = completeRanges({ clusterCidr: "10.244.0.0/16" });
  requireSameRanges({}, standing, "cluster.json");
  requireSameRanges({ ...standing }, standing, "cluster.json");
  assert.throws(
    () => requireSameRanges({ serviceCidr: "10.0.0.0/24" }, standing, "in etcd"),
    refusal(
      /--service-cluster-ip-range is 10\.0\.0\.0\/24, but .* 10\.96\.0\.0\/16 .*\(in etcd\): leave .* ServiceCIDR/,
    ),
  );
  const others = {
    clusterCidr: "10.0.0.0/16",
    nodeCidrMaskSize: 25,
    serviceNodePortRange: "1-2",
    clusterDomain: "a.b",
  };
  for (const [name, value] of Object.entries(others)) {
    assert.throws(() => requireSameRanges({ [name]: value }, standing, "x"), refusal(/since its first start \(x\)/));
  }
});

for (const [serviceCidr, first, dns] of [
  ["10.0.0.0/24", "10.0.0.1", "10.0.0.10"],
  ["172.20.16.32/28", "172.20.16.33", "172.20.16.42"],
  ["192.168.0.0/29", "192.168.0.1", "192.168.0.6"],
] as const) {
  test(`addresses that follow from ${serviceCidr}`, () => {
    assert.deepEqual([kubernetesServiceAddress({ serviceCidr }), dnsServiceAddress({ serviceCidr })], [first, dns]);
  });
}

test("simulated nodes have addresses of their own", () => {
  requireApartFromSimulated(completeRanges({ clusterCidr: "10.244.0.0/16" }));
  assert.throws(() => requireApartFromSimulated(completeRanges({ clusterCidr: "100.64.0.0/16" })), refusal(/100\.64/));
});
