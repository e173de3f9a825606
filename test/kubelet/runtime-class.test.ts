import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { RuntimeClass } from "../../src/api/generated/node.k8s.io/v1.ts";
import { nodes, runtimeClasses } from "../../src/api/generated/resources.ts";
import type { PodSandboxConfig } from "../../src/kubelet/cri/config.ts";
import { hasPhase, isReady, main, NODE, startWorld, type World } from "./world.ts";

let world: World;
afterEach(() => world.close());

const sandboxed: RuntimeClass = { metadata: { name: "sandboxed" }, handler: "vm" };

/** Handlers that sandboxes were asked to run with, and what they were told. */
function askedSandboxes() {
  const asked: { handler: string | undefined; config: PodSandboxConfig }[] = [];
  const { runtime } = world.runtime;
  const runPodSandbox = runtime.runPodSandbox.bind(runtime);
  runtime.runPodSandbox = (config, options) => {
    asked.push({ handler: options?.runtimeHandler, config });
    return runPodSandbox(config, options);
  };
  return asked;
}

test("a pod is run by the handler of its RuntimeClass, which is told what it needs beside the containers", async () => {
  world = await startWorld();
  const asked = askedSandboxes();
  await world.client.create(runtimeClasses, { ...sandboxed, overhead: { podFixed: { cpu: "250m", memory: "64Mi" } } });
  const resources = { requests: { cpu: "500m" }, limits: { cpu: "1", memory: "128Mi" } };
  await world.create("p", {
    runtimeClassName: "sandboxed",
    overhead: { cpu: "250m", memory: "64Mi" },
    containers: [{ ...main, resources }],
  });
  await world.create("plain");
  for (const name of ["p", "plain"]) await world.until(name, isReady);
  assert.deepEqual(asked.map(({ handler }) => handler).sort(), ["vm", undefined]);
  const { linux } = asked.find(({ handler }) => handler === "vm")!.config;
  const period = { cpuPeriod: 100_000 };
  assert.deepEqual(linux.resources, {
    cpuShares: 512,
    ...period,
    cpuQuota: 100_000,
    memoryLimitInBytes: 128 * 1024 ** 2,
  });
  assert.deepEqual(linux.overhead, { cpuShares: 256, ...period, cpuQuota: 25_000, memoryLimitInBytes: 64 * 1024 ** 2 });
  assert.deepEqual(asked.find(({ handler }) => handler === undefined)!.config.linux.overhead, undefined);
});

test("a pod whose RuntimeClass is gone waits until there is one again", async () => {
  world = await startWorld();
  await world.create("p", { runtimeClassName: "sandboxed" });
  await world.clock.advance(3000);
  assert.ok((await world.until("p", hasPhase("Pending"))).status?.containerStatuses?.[0]?.state?.waiting !== undefined);
  const message = 'Failed to create pod sandbox: runtimeclass.node.k8s.io "sandboxed" not found';
  assert.ok((await world.events("p")).includes(`Warning FailedCreatePodSandBox: ${message}`));
  await world.client.create(runtimeClasses, sandboxed);
  await world.until("p", isReady);
});

test("the node tells the handlers and features of its runtime, also while that does not answer", async () => {
  world = await startWorld();
  const node = () => world.client.get(nodes, { name: NODE });
  assert.equal((await node()).status?.runtimeHandlers, undefined);
  await world.create("strict", { securityContext: { supplementalGroupsPolicy: "Strict" } });
  assert.equal(
    (await world.until("strict", hasPhase("Failed"))).status?.reason,
    "SupplementalGroupsPolicyNotSupported",
  );

  const { runtime } = world.runtime;
  const status = runtime.status.bind(runtime);
  const features = { recursiveReadOnlyMounts: true, userNamespaces: false };
  const handlers = ["vm", ""].map((name) => ({ name, features }));
  runtime.status = async () => ({ ...(await status()), handlers, features: { supplementalGroupsPolicy: true } });
  await world.clock.advance(12_000);
  const told = [
    { name: "", features },
    { name: "vm", features },
  ];
  assert.deepEqual((await node()).status?.runtimeHandlers, told);
  assert.deepEqual((await node()).status?.features, { supplementalGroupsPolicy: true });
  await world.create("strict-too", { securityContext: { supplementalGroupsPolicy: "Strict" } });
  await world.until("strict-too", isReady);

  runtime.status = () => Promise.reject(new Error("gone"));
  await world.clock.advance(12_000);
  assert.deepEqual((await node()).status?.runtimeHandlers, told);
  runtime.status = status;
  await world.clock.advance(12_000);
  assert.deepEqual([(await node()).status?.runtimeHandlers, (await node()).status?.features], [undefined, undefined]);
});
