import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Node } from "../../src/api/generated/core/v1.ts";
import { nodes } from "../../src/api/generated/resources.ts";
import { type MemoryServer, startMemoryServer } from "../../src/apiserver/testing/memory-server.ts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { RunCommand } from "../../src/base/run-command.ts";
import type { InformerSet } from "../../src/client/informer.ts";
import { createInformerSet } from "../../src/client/informer-set.ts";
import { type Overlay, startOverlay } from "../../src/network/overlay.ts";
import { eventually } from "../support/eventually.ts";

let memory: MemoryServer;
let informers: InformerSet;
let overlay: Overlay;
const ran: string[] = [];
let isThere = false;
let failures = 0;

/** A machine on which the device is there or not, and can refuse to be made. */
const run: RunCommand = async (program, words, { input } = {}) => {
  const line = [program, ...words].join(" ");
  ran.push(...(input === undefined ? [line] : input.trim().split("\n")));
  const answer = (code: number, stderr = "") => ({ code, stdout: "[]", stderr });
  if (/link show/.test(line)) return answer(isThere ? 0 : 1);
  if (/link add/.test(line)) {
    if (failures > 0) {
      failures--;
      return answer(2, "Error: Unknown device type.");
    }
    isThere = true;
  }
  if (/link delete/.test(line)) isThere = false;
  return answer(0);
};

async function addNode(name: string, number: number): Promise<void> {
  const podCIDR = `10.244.${number}.0/24`;
  const status = { addresses: [{ type: "InternalIP", address: `192.0.2.${number + 1}` }] };
  const node: Node = { metadata: { name }, spec: { podCIDR, podCIDRs: [podCIDR] }, status };
  await memory.client.create(nodes, node);
}

const ranOne = (pattern: RegExp): Promise<true> =>
  eventually(`${pattern} in\n${ran.join("\n")}`, () => ran.some((line) => pattern.test(line)));

before(async () => {
  memory = await startMemoryServer();
  await addNode("own", 0);
  const common = { client: memory.client, clock: systemClock, random: systemRandom, log: silentLogger };
  informers = createInformerSet(common);
  const where = { nodeName: "own", clusterId: "test", clusterCidr: "10.244.0.0/16" };
  overlay = await startOverlay({ ...common, ...where, informers, run });
  await overlay.settled();
});
after(async () => {
  await overlay?.stop();
  await informers?.stop();
  await memory?.close();
});

test("the overlay follows the nodes: nothing for one, a way to each further one, gone with the last", async () => {
  assert.deepEqual(ran, ["ip link show dev whx-test"], "it only looks what an earlier start left");
  failures = 1;
  await addNode("far", 1);
  await ranOne(/^route replace 10\.244\.1\.0\/24 via 10\.244\.1\.0 dev whx-test onlink src 10\.244\.0\.1$/);
  assert.equal(ran.filter((line) => /link add/.test(line)).length, 2, "what could not be made is tried again");
  await addNode("farther", 2);
  await ranOne(/^fdb replace 0a:59:0a:f4:02:00 dev whx-test dst 192\.0\.2\.3 self permanent$/);
  assert.equal(ran.filter((line) => /^route replace 10\.244\.1\./.test(line)).length, 1, "what is there stays");
  await memory.client.delete(nodes, { name: "far" });
  await ranOne(/^route del 10\.244\.1\.0\/24 dev whx-test$/);
  await memory.client.delete(nodes, { name: "farther" });
  await ranOne(/^ip link delete dev whx-test$/);
  assert.equal(isThere, false);
});
