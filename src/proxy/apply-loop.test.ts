import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../base/log.ts";
import type { CommandResult } from "../base/run-command.ts";
import { settle, VirtualClock } from "../base/virtual-clock.ts";
import { openTable } from "./apply.ts";
import { ApplyLoop } from "./apply-loop.ts";
import type { ServiceFacts, SliceFacts } from "./model.ts";
import { ProxyState } from "./state.ts";

const DNS: ServiceFacts = {
  key: "kube-system/kube-dns",
  clusterIPs: ["10.96.0.10"],
  externalIPs: [],
  loadBalancerIPs: [],
  internalLocal: false,
  externalLocal: false,
  ports: [{ name: "dns", protocol: "udp", port: 53 }],
};

function sliceWith(address: string): SliceFacts {
  const endpoint = { address, ready: true, serving: true, terminating: false, nodeName: "n" };
  return {
    key: "s",
    serviceKey: DNS.key,
    ports: [{ name: "dns", protocol: "udp", port: 5353 }],
    endpoints: [endpoint],
  };
}

function setUp() {
  const clock = new VirtualClock();
  const stopping = new AbortController();
  const world = { service: DNS as ServiceFacts | undefined, slices: [sliceWith("10.244.0.2")], nftCode: 0 };
  const calls: { program: string; text: string }[] = [];
  const run = async (
    program: string,
    parameters: readonly string[],
    options: { input?: string } = {},
  ): Promise<CommandResult> => {
    calls.push({ program, text: options.input ?? parameters.join(" ") });
    return { code: program === "nft" ? world.nftCode : 0, stdout: "", stderr: world.nftCode === 0 ? "" : "no" };
  };
  const facts = {
    service: (key: string) => (key === DNS.key ? world.service : undefined),
    slices: () => world.slices,
    hostPortPod: () => undefined,
    node: () => ({ nodeName: "n", zone: "", podCidr: "10.244.0.0/24" }),
  };
  const frame = {
    podCidr: "10.244.0.0/24",
    clusterCidr: "10.244.0.0/16",
    podInterface: "wherry0",
    podInterfaces: "wherry*",
    bridgedTrafficIsSeen: true,
  };
  const settings = { read: async () => "1", write: async () => {} };
  const loop = new ApplyLoop({
    table: openTable("wherry-t", run),
    state: new ProxyState(facts, frame),
    podInterface: "wherry0",
    settings,
    clock,
    log: silentLogger,
    run,
    signal: stopping.signal,
  });
  return { clock, world, calls, loop, stopping };
}

test("a burst of changes is one transaction, and UDP flows to a pod that is gone are ended after it", async () => {
  const { clock, world, calls, loop } = setUp();
  await loop.settled();
  assert.match(calls[0]?.text ?? "", /^add table ip wherry-t\ndelete table ip wherry-t\n/);
  loop.service(DNS.key);
  await loop.settled();
  calls.length = 0;

  world.slices = [sliceWith("10.244.0.3")];
  for (let count = 0; count < 50; count++) loop.service(DNS.key);
  await clock.advance(10);
  assert.deepEqual(
    calls.map((call) => call.program),
    ["nft", "conntrack"],
  );
  assert.match(calls[0]?.text ?? "", /dnat to 10\.244\.0\.3:5353/);
  assert.equal(calls[1]?.text, "-D -p udp --orig-dst 10.96.0.10 --orig-port-dst 53 --reply-src 10.244.0.2");
});

test("after a failure the whole table is written, with growing pauses", async () => {
  const { clock, world, calls, loop } = setUp();
  await loop.settled();
  world.nftCode = 1;
  loop.service(DNS.key);
  await clock.advance(10);
  await assert.rejects(loop.settled(), /nft refused the rules/);
  calls.length = 0;
  await clock.advance(10_000);
  const attempts = calls.length;
  assert.ok(attempts >= 3 && attempts <= 5, `${attempts} attempts in 10 s`);
  world.nftCode = 0;
  calls.length = 0;
  await clock.advance(30_000);
  await loop.settled();
  assert.match(calls[0]?.text ?? "", /^add table ip wherry-t\ndelete table[\s\S]*10\.96\.0\.10/);
});

test("a table that somebody removed is written again", async () => {
  const { clock, world, calls, loop } = setUp();
  await loop.settled();
  calls.length = 0;
  world.nftCode = 1;
  await clock.advance(30_000);
  world.nftCode = 0;
  await clock.advance(1000);
  assert.match(calls.at(-1)?.text ?? "", /^add table ip wherry-t\ndelete table/);
});

test("it stops with its signal and leaves the rules", async () => {
  const { clock, calls, loop, stopping } = setUp();
  await loop.settled();
  calls.length = 0;
  stopping.abort();
  loop.service(DNS.key);
  await clock.advance(120_000);
  await settle();
  assert.deepEqual(calls, []);
});
