import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { systemClock } from "../base/clock.ts";
import { silentLogger } from "../base/log.ts";
import { type RunCommand, runCommand } from "../base/run-command.ts";
import { openTable } from "./apply.ts";
import { ApplyLoop } from "./apply-loop.ts";
import type { KernelSettings } from "./host.ts";
import { prepareKernel } from "./host.ts";
import type { EndpointFacts, HostPortPod, ServiceFacts, SliceFacts } from "./model.ts";
import { ProxyState } from "./state.ts";

/**
 * The rules in a real kernel: a node, two pods on its bridge and a machine outside, each in a network namespace of its
 * own. Nothing of the host's own network is touched.
 */
const id = `whr${process.pid}`;
const NODE = `${id}n`;
const POD_A = `${id}a`;
const POD_B = `${id}b`;
const OUTSIDE = `${id}o`;
const POD_C = `${id}c`;
const BRIDGE = "wherry-test";
/** Of another cluster on the same machine. */
const OTHER_BRIDGE = "wherry-other";

const skip =
  process.platform !== "linux" || process.getuid?.() !== 0
    ? "needs root on Linux: it makes network namespaces"
    : (await runCommand("nft", ["--version"])).code !== 0 || (await runCommand("ip", ["netns", "list"])).code !== 0
      ? "needs nft and ip (packages nftables and iproute2)"
      : false;

const noConntrack = (await runCommand("conntrack", ["--version"])).code !== 0 && "needs conntrack";

const inNode: RunCommand = (program, parameters, options) =>
  runCommand("ip", ["netns", "exec", NODE, program, ...parameters], options);

const settings: KernelSettings = {
  async read(name) {
    const result = await inNode("cat", [`/proc/sys/${name}`]);
    return result.code === 0 ? result.stdout.trim() : undefined;
  },
  async write(name, value) {
    const result = await inNode("sh", ["-c", `echo ${value} > /proc/sys/${name}`]);
    if (result.code !== 0) throw new Error(result.stderr);
  },
};

const SERVER = `
const net = require("node:net"), dgram = require("node:dgram"), name = process.argv[1];
net.createServer((s) => s.end(name + " " + s.remoteAddress)).listen(8080, "0.0.0.0", () => {
  const u = dgram.createSocket("udp4");
  u.on("message", (m, from) => u.send(name, from.port, from.address));
  u.bind(5353, () => console.log("ready"));
});`;

const TCP_CLIENT = `
const s = require("node:net").connect({ host: process.argv[1], port: Number(process.argv[2]) }); let t = "";
s.on("data", (d) => t += d).on("end", () => { console.log(t); process.exit(); });
s.on("error", (e) => { console.log(e.code); process.exit(); });
setTimeout(() => { console.log("TIMEOUT"); process.exit(); }, 1500);`;

/** Sends from one port, again and again, so that the kernel sees one flow. Prints who answers each line of input. */
const UDP_CLIENT = `
const u = require("node:dgram").createSocket("udp4");
u.on("message", (m) => console.log(String(m)));
process.stdin.on("data", () => u.send("x", Number(process.argv[2]), process.argv[1]));`;

const children: ChildProcess[] = [];

function start(namespace: string, script: string, parameters: readonly string[]): ChildProcess {
  const child = spawn("ip", ["netns", "exec", namespace, process.execPath, "-e", script, "--", ...parameters], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  children.push(child);
  return child;
}

async function ask(namespace: string, host: string, port: number): Promise<string> {
  const script = ["netns", "exec", namespace, process.execPath, "-e", TCP_CLIENT, "--", host, `${port}`];
  return (await runCommand("ip", script)).stdout.trim().replace("::ffff:", "");
}

async function shell(script: string): Promise<void> {
  const result = await runCommand("sh", ["-e"], { input: script });
  assert.equal(result.code, 0, result.stderr);
}

function cable(namespace: string, address: string): string {
  const [host, peer] = [`${namespace}h`, `${namespace}p`];
  return `ip netns add ${namespace}
ip link add ${host} netns ${NODE} type veth peer name ${peer} netns ${namespace}
ip -n ${namespace} addr add ${address} dev ${peer}
ip -n ${namespace} link set ${peer} up
ip -n ${namespace} link set lo up
ip -n ${NODE} link set ${host} up
`;
}

async function buildNetwork(): Promise<void> {
  await shell(`ip netns add ${NODE}
ip -n ${NODE} link set lo up
ip -n ${NODE} link add ${BRIDGE} type bridge
ip -n ${NODE} addr add 10.244.0.1/24 dev ${BRIDGE}
ip -n ${NODE} link set ${BRIDGE} up
${cable(POD_A, "10.244.0.2/24")}${cable(POD_B, "10.244.0.3/24")}${cable(OUTSIDE, "192.0.2.9/24")}
ip -n ${NODE} link add ${OTHER_BRIDGE} type bridge
ip -n ${NODE} addr add 10.245.0.1/24 dev ${OTHER_BRIDGE}
ip -n ${NODE} link set ${OTHER_BRIDGE} up
${cable(POD_C, "10.245.0.2/24")}
ip -n ${NODE} link set ${POD_C}h master ${OTHER_BRIDGE}
bridge -n ${NODE} link set dev ${POD_C}h hairpin on
ip -n ${POD_C} route add default via 10.245.0.1
for pod in ${POD_A} ${POD_B}; do
  ip -n ${NODE} link set $pod"h" master ${BRIDGE}
  bridge -n ${NODE} link set dev $pod"h" hairpin on
  ip -n $pod route add default via 10.244.0.1
done
ip -n ${NODE} addr add 192.0.2.1/24 dev ${OUTSIDE}h
ip -n ${NODE} route add default via 192.0.2.9
`);
}

const web: ServiceFacts = {
  key: "default/web",
  clusterIPs: ["10.96.0.20"],
  externalIPs: ["198.51.100.7"],
  loadBalancerIPs: [],
  internalLocal: false,
  externalLocal: false,
  ports: [
    { name: "http", protocol: "tcp", port: 80, nodePort: 30080 },
    { name: "dns", protocol: "udp", port: 53 },
  ],
};

function endpoint(address: string): EndpointFacts {
  return { address, ready: true, serving: true, terminating: false, nodeName: "n" };
}

function sliceWith(...addresses: string[]): SliceFacts {
  const ports = [
    { name: "http", protocol: "tcp", port: 8080 },
    { name: "dns", protocol: "udp", port: 5353 },
  ] as const;
  return { key: "default/web-1", serviceKey: web.key, ports, endpoints: addresses.map(endpoint) };
}

describe("service rules in the kernel", { skip }, () => {
  const world = { service: web, slices: [sliceWith("10.244.0.2")], pod: undefined as HostPortPod | undefined };
  const stopping = new AbortController();
  const table = openTable("wherry-test", inNode);
  const frame = {
    podCidr: "10.244.0.0/24",
    clusterCidr: "10.244.0.0/16",
    podInterface: BRIDGE,
    podInterfaces: "wherry-*",
    bridgedTrafficIsSeen: true,
  };
  const facts = {
    service: () => world.service,
    slices: () => world.slices,
    hostPortPod: () => world.pod,
    node: () => ({ nodeName: "n", zone: "", podCidr: "10.244.0.0/24" }),
  };
  const state = new ProxyState(facts, frame);
  let loop: ApplyLoop;

  async function apply(change: Partial<typeof world>): Promise<void> {
    Object.assign(world, change);
    loop.service(web.key);
    loop.pod("default/p");
    await loop.settled();
  }

  before(async () => {
    await buildNetwork();
    for (const [namespace, name] of [
      [POD_A, "a"],
      [POD_B, "b"],
      [POD_C, "c"],
    ] as const) {
      const server = start(namespace, SERVER, [name]);
      await once(server.stdout!, "data");
    }
    assert.deepEqual(await prepareKernel(settings), { bridgedTrafficIsSeen: true, problems: [] });
    loop = new ApplyLoop({
      table,
      state,
      podInterface: BRIDGE,
      settings,
      clock: systemClock,
      log: silentLogger,
      run: inNode,
      signal: stopping.signal,
    });
    await loop.settled();
    await apply({});
  });

  after(async () => {
    stopping.abort();
    for (const child of children) child.kill("SIGKILL");
    for (const namespace of [NODE, POD_A, POD_B, POD_C, OUTSIDE])
      await runCommand("ip", ["netns", "delete", namespace]);
  });

  test("a cluster IP answers from pods, from itself (hairpin) and from the node", async () => {
    assert.equal(await ask(POD_B, "10.96.0.20", 80), "a 10.244.0.3");
    assert.equal(await ask(POD_A, "10.96.0.20", 80), "a 10.244.0.1");
    assert.equal(await ask(NODE, "10.96.0.20", 80), "a 10.244.0.1");
  });

  test("a node port answers outside, on the node's addresses and on 127.0.0.1", async () => {
    assert.equal(await ask(OUTSIDE, "192.0.2.1", 30080), "a 10.244.0.1");
    assert.equal(await ask(NODE, "192.0.2.1", 30080), "a 10.244.0.1");
    assert.equal(await ask(NODE, "127.0.0.1", 30080), "a 10.244.0.1");
    assert.equal(await ask(POD_B, "192.0.2.1", 30080), "a 10.244.0.1");
  });

  test("an external IP answers from outside and from pods", async () => {
    await shell(`ip -n ${OUTSIDE} route add 198.51.100.7/32 via 192.0.2.1`);
    assert.equal(await ask(OUTSIDE, "198.51.100.7", 80), "a 10.244.0.1");
    assert.equal(await ask(POD_B, "198.51.100.7", 80), "a 10.244.0.1");
  });

  test("connections are spread over both endpoints", async () => {
    await apply({ slices: [sliceWith("10.244.0.2", "10.244.0.3")] });
    const seen = new Set<string>();
    for (let count = 0; count < 30 && seen.size < 2; count++) seen.add((await ask(NODE, "10.96.0.20", 80))[0] ?? "");
    assert.deepEqual([...seen].sort(), ["a", "b"]);
  });

  test("with session affinity a client stays where it was, until that endpoint goes", async () => {
    await apply({ service: { ...web, affinitySeconds: 60 } });
    const first = await ask(OUTSIDE, "192.0.2.1", 30080);
    for (let count = 0; count < 6; count++) assert.equal(await ask(OUTSIDE, "192.0.2.1", 30080), first);
    const [stays, name] = first.startsWith("a") ? ["10.244.0.3", "b"] : ["10.244.0.2", "a"];
    await apply({ slices: [sliceWith(stays)] });
    assert.equal((await ask(OUTSIDE, "192.0.2.1", 30080))[0], name);
    await apply({ service: web, slices: [sliceWith("10.244.0.2")] });
  });

  test("externalTrafficPolicy Local keeps the client's address", async () => {
    await apply({ service: { ...web, externalLocal: true } });
    assert.equal(await ask(OUTSIDE, "192.0.2.1", 30080), "a 192.0.2.9");
    assert.equal(await ask(NODE, "127.0.0.1", 30080), "a 10.244.0.1");
    await apply({ service: web });
  });

  test("a host port answers outside with the client's address, and on 127.0.0.1", async () => {
    const ports = [{ hostIP: "", hostPort: 8888, containerPort: 8080, protocol: "tcp" }] as const;
    await apply({ pod: { key: "default/p", podIP: "10.244.0.3", ports } });
    assert.equal(await ask(OUTSIDE, "192.0.2.1", 8888), "b 192.0.2.9");
    assert.equal(await ask(NODE, "127.0.0.1", 8888), "b 10.244.0.1");
    assert.equal(await ask(POD_B, "192.0.2.1", 8888), "b 10.244.0.1");
    await apply({ pod: undefined });
    assert.equal(await ask(NODE, "127.0.0.1", 8888), "ECONNREFUSED");
  });

  test("without endpoints, and on ports that the service has not, connections are refused", async () => {
    await apply({ slices: [] });
    assert.equal(await ask(POD_B, "10.96.0.20", 80), "ECONNREFUSED");
    assert.equal(await ask(NODE, "10.96.0.20", 80), "ECONNREFUSED");
    assert.equal(await ask(OUTSIDE, "192.0.2.1", 30080), "ECONNREFUSED");
    await apply({ slices: [sliceWith("10.244.0.2")] });
    assert.equal(await ask(POD_B, "10.96.0.20", 81), "ECONNREFUSED");
  });

  test("pods leave the cluster with the node's address", async () => {
    start(OUTSIDE, SERVER, ["o"]);
    let answer = "ECONNREFUSED";
    for (let count = 0; count < 50 && answer === "ECONNREFUSED"; count++) answer = await ask(POD_A, "192.0.2.9", 8080);
    assert.equal(answer, "o 192.0.2.1");
  });

  test("a UDP client is not left with a pod that is gone", { skip: noConntrack }, async () => {
    const client = start(POD_B, UDP_CLIENT, ["10.96.0.20", "53"]);
    client.stdin!.write("1");
    assert.equal(String((await once(client.stdout!, "data"))[0]), "a\n");
    await apply({ slices: [sliceWith("10.244.0.3")] });
    client.stdin!.write("2");
    assert.equal(String((await once(client.stdout!, "data"))[0]), "b\n");
    await apply({ slices: [sliceWith("10.244.0.2")] });
  });

  test("two clusters on one machine have the same cluster IP, and each its own pods behind it", async () => {
    const elsewhere = { nodeName: "n", zone: "", podCidr: "10.245.0.0/24" };
    const slices = [sliceWith("10.245.0.2")];
    const other = new ProxyState(
      { service: () => web, slices: () => slices, hostPortPod: () => undefined, node: () => elsewhere },
      { ...frame, podCidr: "10.245.0.0/24", clusterCidr: "10.245.0.0/16", podInterface: OTHER_BRIDGE },
    );
    other.updateService(web.key);
    const otherTable = openTable("wherry-other", inNode);
    await otherTable.apply(other.ruleset());
    assert.equal(await ask(POD_B, "10.96.0.20", 80), "a 10.244.0.3");
    assert.equal(await ask(POD_C, "10.96.0.20", 80), "c 10.245.0.1");
    assert.equal(await ask(POD_C, "10.96.0.20", 81), "ECONNREFUSED");
    await otherTable.remove();
  });

  test("pods of one bridge reach a service also where the kernel hides bridged traffic", async () => {
    await settings.write("net/bridge/bridge-nf-call-iptables", "0");
    assert.equal(await ask(POD_B, "10.96.0.20", 80), "TIMEOUT");
    state.setFrame({ ...frame, bridgedTrafficIsSeen: false });
    await apply({});
    assert.equal(await ask(POD_B, "10.96.0.20", 80), "a 10.244.0.1");
    assert.equal(await ask(POD_A, "10.96.0.20", 80), "a 10.244.0.1");
  });

  test("cleanup leaves no rule behind", async () => {
    await loop.cleanup();
    assert.equal((await inNode("nft", ["list", "ruleset"])).stdout, "");
  });
});
