import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { type RunCommand, runCommand } from "../base/run-command.ts";
import { ensurePodNetwork } from "./bridge.ts";
import { overlayName } from "./names.ts";
import { openOverlayDevice } from "./overlay-device.ts";
import { type OverlayNode, overlayChanges, planOverlay } from "./overlay-plan.ts";

const OWN = { nodeName: "a", clusterCidr: "10.244.0.0/16" };
const A: OverlayNode = { name: "a", address: "192.0.2.1", podCidr: "10.244.0.0/24" };
const B: OverlayNode = { name: "b", address: "192.0.2.2", podCidr: "10.244.1.0/24" };
const C: OverlayNode = { name: "c", address: "192.0.2.3", podCidr: "10.244.2.0/24" };

const peersOf = (...nodes: OverlayNode[]): string[] =>
  planOverlay(nodes, OWN)?.peers.map(({ podCidr, nodeAddress }) => `${podCidr} ${nodeAddress}`) ?? [];

test("the overlay leads to other machines, and there is none where there is nothing to reach", () => {
  assert.deepEqual(planOverlay([A, C, B], OWN), {
    networkId: 0x0af400,
    localAddress: "192.0.2.1",
    podCidr: "10.244.0.0/24",
    peers: [
      { podCidr: "10.244.1.0/24", nodeAddress: "192.0.2.2" },
      { podCidr: "10.244.2.0/24", nodeAddress: "192.0.2.3" },
    ],
  });
  assert.equal(planOverlay([A], OWN), undefined);
  assert.equal(planOverlay([], OWN), undefined);
  assert.equal(planOverlay([{ ...A, podCidr: undefined }, B], OWN), undefined);
  assert.deepEqual(peersOf(A, { ...B, address: A.address }), [], "a node on this same machine");
  assert.deepEqual(peersOf({ ...A, address: "10.244.0.1" }, B), [], "nobody else reaches this machine");
  assert.deepEqual(peersOf(A, { ...B, address: "10.244.1.1" }, { ...C, address: "127.0.0.1" }), []);
  assert.deepEqual(peersOf(A, { ...B, podCidr: undefined }, { ...C, address: undefined }), []);
  assert.deepEqual(peersOf(A, { ...B, podCidr: "fd00::/64" }, C), ["10.244.2.0/24 192.0.2.3"]);
});

test("only what differs is changed", () => {
  const plan = planOverlay([A, B, C], OWN)!;
  const applied = new Map([
    ["10.244.1.0/24", "192.0.2.2"],
    ["10.244.9.0/24", ""],
  ]);
  assert.deepEqual(overlayChanges(plan, { device: "whx", applied }), {
    remove: {
      ip: ["route del 10.244.9.0/24 dev whx", "neigh del 10.244.9.0 dev whx"],
      bridge: ["fdb del 0a:59:0a:f4:09:00 dev whx self"],
    },
    add: {
      ip: [
        "neigh replace 10.244.2.0 lladdr 0a:59:0a:f4:02:00 dev whx nud permanent",
        "route replace 10.244.2.0/24 via 10.244.2.0 dev whx onlink src 10.244.0.1",
      ],
      bridge: ["fdb replace 0a:59:0a:f4:02:00 dev whx dst 192.0.2.3 self permanent"],
    },
  });
  const moved = planOverlay([A, { ...B, address: "192.0.2.9" }], OWN)!;
  const { add } = overlayChanges(moved, { device: "whx", applied: new Map([["10.244.1.0/24", "192.0.2.2"]]) });
  assert.deepEqual(add.bridge, ["fdb replace 0a:59:0a:f4:01:00 dev whx dst 192.0.2.9 self permanent"]);
});

/** So many bytes that packets fill the MTU, and who asked for them. */
const SERVER = `require("net").createServer((socket) => {
  socket.end("x".repeat(300000 - 1) + "\\n" + socket.remoteAddress);
}).listen(80, "10.244.1.1")`;
/** Tries until the server is there. */
const CLIENT = `const deadline = Date.now() + 10000;
(function attempt() {
  let text = "";
  const socket = require("net").connect({ port: 80, host: "10.244.1.1" });
  socket.on("data", (chunk) => (text += chunk));
  socket.on("error", (error) => (Date.now() > deadline ? console.log(error.message) : setTimeout(attempt, 50)));
  socket.on("end", () => process.stdout.write(text.indexOf("\\n") + 1 + " from " + text.split("\\n")[1]));
})()`;

const skip =
  process.platform !== "linux" || process.getuid?.() !== 0
    ? "needs root on Linux: it makes network namespaces"
    : (await runCommand("ip", ["netns", "list"])).code !== 0 && "needs ip (package iproute2)";

describe("two machines", { skip }, () => {
  const names = ["a", "b"].map((name) => `who${process.pid}${name}`) as [string, string];
  const runIn =
    (namespace: string): RunCommand =>
    (program, parameters, options) =>
      runCommand("ip", ["netns", "exec", namespace, program, ...parameters], options);
  const [inA, inB] = names.map(runIn) as [RunCommand, RunCommand];
  const ip = async (words: string): Promise<string> => {
    const result = await runCommand("ip", words.split(" "));
    assert.equal(result.code, 0, `ip ${words}: ${result.stderr}`);
    return result.stdout;
  };
  const device = overlayName("test");

  after(async () => {
    for (const name of names) await runCommand("ip", ["netns", "delete", name]);
  });

  test("reach each other's pod network through it, until a machine is gone", async (context) => {
    const [a, b] = names;
    for (const name of names) await ip(`netns add ${name}`);
    await ip(`link add up0 netns ${a} mtu 1400 type veth peer name up0 netns ${b} mtu 1400`);
    for (const [name, address] of [
      [a, A.address],
      [b, B.address],
    ]) {
      await ip(`-n ${name} addr add ${address}/24 dev up0`);
      await ip(`-n ${name} link set up0 up`);
      await ip(`-n ${name} link set lo up`);
    }
    await ensurePodNetwork({ clusterId: "test", podCidr: A.podCidr!, run: inA });
    await ensurePodNetwork({ clusterId: "test", podCidr: B.podCidr!, run: inB });
    const [deviceA, deviceB] = [openOverlayDevice(device, inA), openOverlayDevice(device, inB)];
    await deviceA.apply(undefined);
    assert.equal((await inA("ip", ["link", "show", "dev", device])).code, 1, "alone nothing is made");

    await deviceA.apply(planOverlay([A, B, C], OWN));
    await deviceB.apply(planOverlay([A, B], { ...OWN, nodeName: "b" }));
    const serving = new AbortController();
    const server = inB(process.execPath, ["-e", SERVER], { signal: serving.signal });
    context.after(async () => {
      serving.abort();
      await server;
    });
    const reach = async (): Promise<string> => (await inA(process.execPath, ["-e", CLIENT])).stdout;
    assert.equal(await reach(), "300000 from 10.244.0.1");
    assert.match(await ip(`-n ${a} link show dev ${device}`), /mtu 1350 /);
    assert.match(await ip(`-n ${a} route get 10.244.1.7`), /src 10\.244\.0\.1/);

    // Another start finds what is there, and takes away what is no longer asked for.
    const index = async () => JSON.parse(await ip(`-n ${a} -json link show dev ${device}`))[0].ifindex as number;
    const before = await index();
    const again = openOverlayDevice(device, inA);
    await again.apply(planOverlay([A, B], OWN));
    assert.equal(await index(), before);
    assert.doesNotMatch(await ip(`-n ${a} route`), /10\.244\.2\.0/);
    assert.equal(await reach(), "300000 from 10.244.0.1");

    // What somebody takes away comes back.
    assert.equal(await again.verify(), true);
    await ip(`-n ${a} route del 10.244.1.0/24`);
    assert.equal(await again.verify(), false);
    await again.apply(planOverlay([A, B], OWN));
    assert.equal(await reach(), "300000 from 10.244.0.1");

    await again.apply(planOverlay([A], OWN));
    assert.equal((await inA("ip", ["link", "show", "dev", device])).code, 1);
  });
});
