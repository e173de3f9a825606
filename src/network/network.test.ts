import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { type RunCommand, runCommand } from "../base/run-command.ts";
import { ensurePodNetwork } from "./bridge.ts";
import { candidatesFor, chooseFrom, findNetwork, type MachineNetwork, parseRoutes } from "./choose.ts";
import { addressAt, contains, formatCidr, overlaps, parseCidr, subnet } from "./cidr.ts";
import { claimRanges, isCollision } from "./claim.ts";
import { cleanupPodNetwork } from "./cleanup.ts";
import { bridgeName, overlayName } from "./names.ts";

test("blocks of addresses", () => {
  const block = parseCidr("10.244.7.9/16");
  assert.equal(formatCidr(block), "10.244.0.0/16");
  assert.equal(addressAt(subnet(block, 24, 2), 1), "10.244.2.1");
  assert.ok(contains(block, "10.244.255.255"));
  assert.ok(!contains(block, "10.245.0.0"));
  assert.ok(overlaps(block, parseCidr("10.0.0.0/8")));
  assert.ok(!overlaps(block, parseCidr("10.245.0.0/16")));
  assert.throws(() => subnet(block, 24, 256), /no block number 256/);
  for (const bad of ["10.244.0.0", "10.244.0.0/33", "a/16", "10.244.0.0/16/1", "::/0"])
    assert.throws(() => parseCidr(bad));
});

test("a cluster takes a block that nothing else uses", () => {
  const candidates = ["10.244.0.0/16", "10.245.0.0/16"];
  assert.equal(chooseFrom(candidates, []), "10.244.0.0/16");
  assert.equal(chooseFrom(candidates, [parseCidr("10.244.3.0/24")]), "10.245.0.0/16");
  assert.equal(chooseFrom(candidates, [parseCidr("10.0.0.0/8"), parseCidr("10.244.0.0/16")]), "10.245.0.0/16");
  assert.throws(() => chooseFrom(candidates, candidates.map(parseCidr)), /no block of addresses is left/);
});

test("clusters begin to look for a block at different places, the one in the usual place at the usual block", () => {
  assert.equal(candidatesFor({ id: "1a2b3c4d", usualFirst: true })[0], "10.244.0.0/16");
  const firsts = Array.from({ length: 50 }, (_, index) => candidatesFor({ id: `id${index}`, usualFirst: false })[0]);
  assert.ok(new Set(firsts).size > 24, `only ${[...new Set(firsts)].join()}`);
  assert.ok(!firsts.includes("10.244.0.0/16"));
  const all = candidatesFor({ id: "x", usualFirst: false });
  assert.deepEqual([...all].sort(), [...candidatesFor({ id: "x", usualFirst: true })].sort());
});

test("addresses are claimed by one cluster at a time, whatever they overlap with", {
  skip: process.platform !== "linux" && "claims are Linux sockets",
}, async () => {
  // Addresses for documentation, by process: nobody else has them.
  const [first, second, half] = ["", "128/25", "0/25"].map(
    (rest) => `198.51.${process.pid % 250}.${rest || "0/24"}`,
  ) as [string, string, string];
  const services = "203.0.113.0/24";
  const claim = async (id: string, pods: string, others = services) =>
    claimRanges({ id: `${id}-${process.pid}`, pods, services: others });
  const held = await claim("a", first);
  assert.ok(!isCollision(held));
  assert.deepEqual(await claim("b", first), { own: "pods", others: "pods", cidr: first });
  assert.deepEqual(await claim("b", second), { own: "pods", others: "pods", cidr: first });
  assert.deepEqual(await claim("b", "192.0.2.0/24", half), { own: "services", others: "pods", cidr: first });
  assert.deepEqual(await claim("b", services), { own: "pods", others: "services", cidr: services });
  const beside = await claim("b", "192.0.2.0/24");
  assert.ok(!isCollision(beside), "Services of two clusters may have the same addresses");
  await held.release();
  const again = await claim("c", second);
  assert.ok(!isCollision(again));
  await Promise.all([again.release(), beside.release()]);
});

const network = (cidr: string, device: string, address?: string): MachineNetwork => ({
  ...parseCidr(cidr),
  device,
  ...(address === undefined ? {} : { address }),
});
for (const [what, networks, expected] of [
  ["nothing there", [network("192.0.2.0/24", "eth0", "192.0.2.2")], undefined],
  [
    "the machine's network",
    [network("10.96.3.0/24", "eth0", "10.96.3.9")],
    /10\.96\.3\.0\/24 of eth0, where .* 10\.96\.3\.9/,
  ],
  ["a larger network of the machine", [network("10.0.0.0/8", "eth0", "10.1.2.3")], /10\.0\.0\.0\/8 of eth0/],
  ["a route", [network("10.96.7.0/24", "tun0")], /10\.96\.7\.0\/24, which is reached by tun0/],
  ["a larger route", [network("10.0.0.0/8", "tun0")], undefined],
  ["pods of others", [network("10.96.0.0/24", "wherry-abc", "10.96.0.1")], /pods of another cluster \(wherry-abc\)/],
] as const) {
  test(`addresses that somebody chooses, and ${what}`, () => {
    const found = findNetwork(parseCidr("10.96.0.0/16"), networks);
    if (expected === undefined) assert.equal(found, undefined);
    else assert.match(found ?? "", expected);
  });
}

test("a bridge that a pod's plugin makes at the same moment is taken over", async () => {
  const ran: string[] = [];
  const run: RunCommand = async (_, parameters) => {
    ran.push(parameters.join(" "));
    const [, verb] = parameters;
    if (parameters.includes("show")) return { code: 1, stdout: "", stderr: "does not exist" };
    if (verb === "add" && parameters.includes("bridge")) {
      return { code: 2, stdout: "", stderr: "RTNETLINK answers: File exists" };
    }
    return { code: 0, stdout: "", stderr: "" };
  };
  const { bridge } = await ensurePodNetwork({ clusterId: "1a2b3c4d", podCidr: "10.250.0.0/24", run });
  const taken = ran.find((line) => line.startsWith(`link set ${bridge} address `));
  const wanted = ran.find((line) => line.startsWith(`link add ${bridge} address `));
  assert.equal(taken?.split(" ")[4], wanted?.split(" ")[4]);
  assert.ok(ran.includes(`link set ${bridge} up`));
});

test("routes of the kernel", () => {
  const text = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
`;
  const routes = parseRoutes(text).map((route) => `${formatCidr(route)} ${route.device}`);
  assert.deepEqual(routes, ["192.0.2.0/24 eth0"]);
});

test("bridge names fit", () => {
  assert.equal(bridgeName("1a2b3c4d"), "wherry-1a2b3c4d");
  assert.equal(bridgeName("a-rather-long-name").length, 15);
});

const skip =
  process.platform !== "linux" || process.getuid?.() !== 0
    ? "needs root on Linux: it makes network namespaces"
    : (await runCommand("ip", ["netns", "list"])).code !== 0 && "needs ip (package iproute2)";

describe("pod network of a machine", { skip }, () => {
  const namespace = `whrn${process.pid}`;
  const pod = `cni-${namespace}`;
  const clusterId = "test";
  const inNamespace: RunCommand = (program, parameters, options) =>
    runCommand("ip", ["netns", "exec", namespace, program, ...parameters], options);

  after(async () => {
    for (const name of [namespace, pod]) await runCommand("ip", ["netns", "delete", name]);
  });

  test("is made, found again, moved and removed with all that hangs on it", async () => {
    const directory = await mkdtemp(join(tmpdir(), "wherry-network-"));
    await runCommand("ip", ["netns", "add", namespace]);
    const made = await ensurePodNetwork({ clusterId, podCidr: "10.250.0.0/24", run: inNamespace });
    assert.deepEqual(made, { bridge: "wherry-test", gateway: "10.250.0.1" });
    await ensurePodNetwork({ clusterId, podCidr: "10.250.0.0/24", run: inNamespace });
    await ensurePodNetwork({ clusterId, podCidr: "10.251.0.0/24", run: inNamespace });
    const addresses = await inNamespace("ip", ["-4", "-brief", "addr", "show", "dev", "wherry-test"]);
    assert.match(addresses.stdout, /10\.251\.0\.1\/24\s*$/);

    await runCommand("ip", ["netns", "add", pod]);
    await inNamespace("ip", ["link", "add", "veth0", "type", "veth", "peer", "name", "eth0", "netns", pod]);
    await inNamespace("ip", ["link", "set", "veth0", "master", "wherry-test"]);
    await inNamespace("ip", ["link", "add", overlayName(clusterId), "type", "vxlan", "id", "1", "dstport", "4789"]);
    const results = join(directory, "results");
    const addressDirectory = join(directory, "addresses");
    await mkdir(results);
    for (const file of ["wherry-test-1-eth0", "wherry-other-1-eth0"]) await writeFile(join(results, file), "");
    for (const name of ["wherry-test", "wherry-other"]) await mkdir(join(addressDirectory, name), { recursive: true });

    const options = { clusterId, run: inNamespace, addressDirectory, resultDirectory: results };
    await cleanupPodNetwork(options);
    await cleanupPodNetwork(options);
    assert.equal((await inNamespace("ip", ["-brief", "link"])).stdout.trim().split("\n").length, 1);
    assert.ok(!(await runCommand("ip", ["netns", "list"])).stdout.includes(pod));
    assert.deepEqual(await readdir(results), ["wherry-other-1-eth0"]);
    assert.deepEqual(await readdir(addressDirectory), ["wherry-other"]);
    await rm(directory, { recursive: true });
  });
});
