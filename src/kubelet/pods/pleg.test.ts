import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { AsyncQueue } from "../../base/async-queue.ts";
import { silentLogger } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { ContainerConfig, PodSandboxConfig } from "../cri/config.ts";
import { RuntimeError, type RuntimeService } from "../cri/runtime.ts";
import { createSimulatedRuntime } from "../cri/simulated/simulated-runtime.ts";
import type { ContainerEvent } from "../cri/state.ts";
import { podLabels } from "../labels.ts";
import { startPodLifecycle } from "./pleg.ts";
import { createRuntimeCache } from "./runtime-cache.ts";

const OWN = { "wherry.local/cluster": "test" };
const labels = { ...OWN, ...podLabels({ uid: "u1", namespace: "default", name: "web" }) };
const securityContext = {
  privileged: false,
  readonlyRootfs: false,
  noNewPrivs: false,
  namespaceOptions: { network: "POD", pid: "CONTAINER", ipc: "POD" },
} as const;
const sandboxConfig: PodSandboxConfig = {
  metadata: { name: "web", uid: "u1", namespace: "default", attempt: 0 },
  hostname: "web",
  logDirectory: "/logs",
  labels,
  annotations: {},
  linux: { cgroupParent: "/pods", securityContext },
};
const containerConfig: ContainerConfig = {
  ...{ metadata: { name: "main", attempt: 0 }, image: { image: "busybox:1" }, command: [], args: [], workingDir: "" },
  ...{ envs: [], mounts: [], labels, annotations: {}, logPath: "main.log", stdin: false, stdinOnce: false, tty: false },
  linux: { resources: {}, securityContext },
};

/** That runtime, with some calls answered by others. */
function otherwise(runtime: RuntimeService, others: Partial<RuntimeService>): RuntimeService {
  return new Proxy(runtime, {
    get(target, name: keyof RuntimeService) {
      return others[name] ?? target[name].bind(target);
    },
  });
}

/** A running container of the simulated runtime, and a kubelet's look at it whose way to the events the test opens. */
async function start(context: TestContext) {
  const clock = new VirtualClock();
  const simulated = createSimulatedRuntime({ clock, random: seededRandom(1) });
  const { runtime } = simulated;
  const work = async () => {
    await simulated.images.pullImage("busybox:1");
    const pod = await runtime.runPodSandbox(sandboxConfig);
    const id = await runtime.createContainer(pod, containerConfig, sandboxConfig);
    await runtime.startContainer(id);
    return id;
  };
  const made = work();
  await clock.advance(60_000);
  const id = await made;
  const streams: AsyncQueue<ContainerEvent>[] = [];
  const listing = { lists: 0, failures: 0 };
  const double = otherwise(runtime, {
    async listContainers(filter) {
      listing.lists++;
      if (listing.failures-- > 0) throw new RuntimeError("Unavailable", "busy");
      return await runtime.listContainers(filter);
    },
    async *containerEvents() {
      const events = new AsyncQueue<ContainerEvent>(100);
      streams.push(events);
      yield* events;
    },
  });
  const stop = new AbortController();
  const cache = createRuntimeCache({
    ...{ runtime: double, ownLabels: OWN, terminationMessage: async () => "", onChange: () => {} },
  });
  const lifecycle = startPodLifecycle({
    ...{ runtime: double, cache, clock, log: silentLogger, signal: stop.signal },
    hasPods: () => true,
    onChange: () => {},
  });
  context.after(async () => {
    stop.abort();
    for (const stream of streams) stream.end();
    await clock.advance(0);
    await lifecycle.stopped();
    await simulated.close();
  });
  await clock.advance(0);
  return {
    ...{ clock, streams, listing },
    state: () => cache.get("u1").containers[0]?.state,
    /** Ends the container without anybody being told. */
    async end() {
      const ending = runtime.stopContainer(id, 0);
      await clock.advance(0);
      await ending;
    },
  };
}

test("a container that ends between the first list and the subscription is noticed with the subscription", async (context) => {
  const world = await start(context);
  assert.equal(world.state(), "CONTAINER_RUNNING");
  await world.end();
  assert.equal(world.state(), "CONTAINER_RUNNING");
  world.streams[0]!.push({ type: "subscribed" });
  await world.clock.advance(0);
  assert.equal(world.state(), "CONTAINER_EXITED");
});

test("as long as the runtime does not say that it tells of events, everything is listed each second", async (context) => {
  const world = await start(context);
  await world.end();
  await world.clock.advance(1000);
  assert.equal(world.state(), "CONTAINER_EXITED");
  world.streams[0]!.push({ type: "subscribed" });
  await world.clock.advance(0);
  const before = world.listing.lists;
  await world.clock.advance(9_000);
  assert.equal(world.listing.lists, before, "events suffice");
});

test("what happens while the events are broken off is noticed at once, and after they are back", async (context) => {
  const world = await start(context);
  world.streams[0]!.push({ type: "subscribed" });
  await world.clock.advance(100);
  world.streams[0]!.end(new RuntimeError("Unavailable", "the connection broke"));
  await world.clock.advance(1000);
  const second = world.streams[1]!;
  await world.end();
  second.push({ type: "subscribed" });
  await world.clock.advance(0);
  assert.equal(world.state(), "CONTAINER_EXITED");
});

test("a list that fails after the subscription is tried again in a second", async (context) => {
  const world = await start(context);
  await world.end();
  world.listing.failures = 1;
  world.streams[0]!.push({ type: "subscribed" });
  await world.clock.advance(0);
  assert.equal(world.state(), "CONTAINER_RUNNING");
  await world.clock.advance(1000);
  assert.equal(world.state(), "CONTAINER_EXITED");
});
