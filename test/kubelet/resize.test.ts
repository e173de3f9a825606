import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import type { Container, ContainerStatus, Pod, ResourceRequirements } from "../../src/api/generated/core/v1.ts";
import { pods } from "../../src/api/generated/resources.ts";
import type { ContainerConfig, LinuxContainerResources } from "../../src/kubelet/cri/config.ts";
import { noCgroups } from "../../src/kubelet/host/no-cgroups.ts";
import { hostFiles } from "../../src/kubelet/volumes/host-files.ts";
import { conditionOf, isReady, main, startWorld, type World } from "./world.ts";

const MIB = 1024 ** 2;
const NO_MEMORY = {
  ...{ timestampMs: 0, workingSetBytes: 0, usageBytes: 0, rssBytes: 0, pageFaults: 0, majorPageFaults: 0 },
};
const PENDING = "PodResizePending";
const IN_PROGRESS = "PodResizeInProgress";

let world: World;
afterEach(() => world.close());

const both = (cpu: string, memory: string): ResourceRequirements => ({
  requests: { cpu, memory },
  limits: { cpu, memory },
});
const cpuOnly = (cpu: string): ResourceRequirements => ({ requests: { cpu } });
const sized = (resources: ResourceRequirements, more: Partial<Container> = {}): Container => ({
  ...main,
  resources,
  ...more,
});

function resize(name: string, resources: ResourceRequirements, list = "containers", container = "main"): Promise<Pod> {
  const body = { spec: { [list]: [{ name: container, resources }] } };
  return world.client.patch(pods, { namespace: "default", name }, { type: "strategic", body, subresource: "resize" });
}

const statusOf = (pod: Pod | undefined): ContainerStatus | undefined => pod?.status?.containerStatuses?.[0];
const resourcesOf = (pod: Pod | undefined): ResourceRequirements | undefined => statusOf(pod)?.resources;
const isSettled = (pod: Pod | undefined): boolean =>
  conditionOf(pod, PENDING) === undefined && conditionOf(pod, IN_PROGRESS) === undefined;

/** The pod once all of its newest generation is done. */
const settled = (name: string, generation: number): Promise<Pod> =>
  world.until(name, (pod) => pod?.status?.observedGeneration === generation && isSettled(pod) && isReady(pod));

async function enforced(): Promise<LinuxContainerResources[]> {
  const { runtime } = world.runtime;
  const running = (await runtime.listContainers()).filter(({ state }) => state === "CONTAINER_RUNNING");
  const statuses = await Promise.all(running.map(({ id }) => runtime.containerStatus(id)));
  return statuses.map(({ resources }) => resources!);
}

const ofEvents = (events: readonly string[], what: string): string[] =>
  events.filter((event) => event.includes(` Resize${what}`));

test("a running container is given other resources, and goes on", async () => {
  world = await startWorld();
  await world.create("web", { containers: [sized(both("100m", "64Mi"))] });
  const before = await world.until("web", isReady);
  assert.deepEqual(resourcesOf(before), both("100m", "64Mi"));
  await resize("web", both("200m", "32Mi"));
  const pod = await settled("web", 2);
  assert.deepEqual(resourcesOf(pod), both("200m", "32Mi"));
  assert.deepEqual(statusOf(pod)?.allocatedResources, { cpu: "200m", memory: "32Mi" });
  assert.equal(statusOf(pod)?.containerID, statusOf(before)?.containerID);
  assert.equal(statusOf(pod)?.restartCount, 0);
  const [{ cpuQuota, cpuShares, memoryLimitInBytes } = {}] = await enforced();
  assert.deepEqual([cpuQuota, cpuShares, memoryLimitInBytes], [20_000, 204, 32 * MIB]);
  const amounts = '"limits":{"cpu":"200m","memory":"32Mi"},"requests":{"cpu":"200m","memory":"32Mi"}';
  const summary = `{"containers":[{"name":"main","resources":{${amounts}}}],"generation":2}`;
  assert.deepEqual(ofEvents(await world.events("web"), ""), [
    `Normal ResizeStarted: Pod resize started: ${summary}`,
    `Normal ResizeCompleted: Pod resize completed: ${summary}`,
  ]);
});

test("limits and requests are added to a container that had others", async () => {
  world = await startWorld();
  await world.create("web", { containers: [sized(cpuOnly("20m"))] });
  await world.until("web", isReady);
  const wanted = { requests: { cpu: "25m", memory: "30Mi" }, limits: { cpu: "35m", memory: "50Mi" } };
  await resize("web", wanted);
  assert.deepEqual(resourcesOf(await settled("web", 2)), wanted);
  const [{ cpuQuota, cpuShares, memoryLimitInBytes } = {}] = await enforced();
  assert.deepEqual([cpuQuota, cpuShares, memoryLimitInBytes], [3500, 25, 50 * MIB]);
});

test("amounts that the kernel cannot tell apart are told as they were asked for", async () => {
  world = await startWorld();
  const small = (request: string, limit: string) => ({ requests: { cpu: request }, limits: { cpu: limit } });
  await world.create("web", { containers: [sized(small("2m", "10m"))] });
  await world.until("web", isReady);
  await resize("web", small("1m", "5m"));
  assert.deepEqual(resourcesOf(await settled("web", 2)), small("1m", "5m"));
});

for (const [what, policies, wanted, restarts] of [
  ["its cpu changes", { cpu: "RestartContainer" }, both("200m", "64Mi"), 1],
  ["its memory changes", { memory: "RestartContainer" }, both("100m", "32Mi"), 1],
  ["something else changes", { memory: "RestartContainer", cpu: "NotRequired" }, both("200m", "64Mi"), 0],
] as [string, Record<string, string>, ResourceRequirements, number][]) {
  test(`a container whose policy asks for it is started again when ${what}: ${restarts}`, async () => {
    world = await startWorld();
    const resizePolicy = Object.entries(policies).map(([resourceName, restartPolicy]) => ({
      ...{ resourceName, restartPolicy },
    }));
    await world.create("web", { containers: [sized(both("100m", "64Mi"), { resizePolicy })] });
    await world.until("web", isReady);
    for (const [round, amounts] of [wanted, both("100m", "64Mi"), wanted].entries()) {
      await resize("web", amounts);
      const begunMs = world.clock.now();
      const pod = await settled("web", 2 + round);
      assert.deepEqual(resourcesOf(pod), amounts);
      assert.equal(statusOf(pod)?.restartCount, restarts * (round + 1));
      assert.ok(world.clock.now() - begunMs < 5000, "a restart that was asked for has no back-off");
    }
    const killed = (await world.events("web")).filter((event) => event.includes(" Killing"));
    assert.equal(killed.length > 0, restarts > 0);
    for (const event of killed) assert.equal(event, "Normal Killing: Container main resize requires restart");
  });
}

test("a sidecar is resized as well", async () => {
  world = await startWorld();
  const sidecar: Container = { ...main, name: "side", restartPolicy: "Always", resources: cpuOnly("100m") };
  await world.create("web", { initContainers: [sidecar], containers: [sized(cpuOnly("100m"))] });
  await world.until("web", isReady);
  await resize("web", cpuOnly("300m"), "initContainers", "side");
  const pod = await settled("web", 2);
  assert.deepEqual(pod.status?.initContainerStatuses?.[0]?.resources, cpuOnly("300m"));
  assert.deepEqual((await enforced()).map(({ cpuShares }) => cpuShares).sort(), [102, 307]);
});

test("what does not fit now waits until it does, and who comes first is a matter of priority", async () => {
  world = await startWorld();
  await world.create("large", { containers: [sized(cpuOnly("2"))] });
  for (const [name, priority] of Object.entries({ low: 1, high: 10 })) {
    await world.create(name, { priority, containers: [sized(cpuOnly("500m"))] });
  }
  for (const name of ["large", "low", "high"]) await world.until(name, isReady);
  await resize("low", cpuOnly("2500m"));
  const low = await world.until("low", (pod) => conditionOf(pod, PENDING) !== undefined);
  const why = "Node didn't have enough resource: cpu, requested: 2500, used: 2500, capacity: 4000";
  assert.equal(conditionOf(low, PENDING), `True (2) Deferred ${why}`);
  assert.deepEqual(resourcesOf(low), cpuOnly("500m"), "it keeps what it has");
  assert.deepEqual(statusOf(low)?.allocatedResources, { cpu: "500m" });
  assert.deepEqual(ofEvents(await world.events("low"), ""), [
    `Warning ResizeDeferred: Pod resize Deferred: {"containers":[{"name":"main","resources":{"requests":{"cpu":"2500m"}}}],` +
      `"generation":2,"error":"${why}"}`,
  ]);
  await resize("high", cpuOnly("2"));
  await world.until("high", (pod) => conditionOf(pod, PENDING) !== undefined);
  await world.remove("large", 1);
  assert.deepEqual(resourcesOf(await settled("high", 2)), cpuOnly("2"));
  const still = await world.until("low", (pod) => conditionOf(pod, PENDING)?.includes("used: 2000") === true);
  assert.deepEqual(resourcesOf(still), cpuOnly("500m"), "there is room for one, and the other one came first");
  await resize("high", cpuOnly("500m"));
  assert.deepEqual(resourcesOf(await settled("low", 2)), cpuOnly("2500m"), "somebody gave back what it waits for");
});

test("who gets something may give back what the next one waits for, whoever has waited longer", async () => {
  world = await startWorld();
  const asks = (cpu: string, memory: string) => ({ requests: { cpu, memory } });
  const initial = asks("1", "3Gi");
  for (const name of ["one", "two", "three", "four"]) await world.create(name, { containers: [sized(initial)] });
  for (const name of ["one", "two", "three", "four"]) await world.until(name, isReady);
  // Each has room only after the next one was resized; the last one once the first pod is gone.
  const wanted = { two: asks("2500m", "3Gi"), three: asks("100m", "10Gi"), four: asks("1300m", "1Gi") };
  for (const [name, resources] of Object.entries(wanted)) {
    await resize(name, resources);
    await world.until(name, (pod) => conditionOf(pod, PENDING)?.includes("Deferred") === true);
  }
  await world.remove("one", 1);
  for (const [name, resources] of Object.entries(wanted)) {
    assert.deepEqual(resourcesOf(await settled(name, 2)), resources);
  }
});

test("a resize that is taken back is no resize any more", async () => {
  world = await startWorld();
  for (const name of ["one", "two"]) await world.create(name, { containers: [sized(cpuOnly("1500m"))] });
  for (const name of ["one", "two"]) await world.until(name, isReady);
  await resize("one", cpuOnly("3"));
  await world.until("one", (pod) => conditionOf(pod, PENDING)?.includes("Deferred") === true);
  await resize("one", cpuOnly("1500m"));
  await settled("one", 3);
  assert.deepEqual(ofEvents(await world.events("one"), "Started"), []);
});

test("a resize beyond the node is infeasible", async () => {
  world = await startWorld();
  await world.create("web", { containers: [sized(cpuOnly("1"))] });
  await world.until("web", isReady);
  await resize("web", cpuOnly("5"));
  const pod = await world.until("web", (found) => conditionOf(found, PENDING) !== undefined);
  const why = "Node didn't have enough capacity: cpu, requested: 5000, capacity: 4000";
  assert.equal(conditionOf(pod, PENDING), `True (2) Infeasible ${why}`);
  assert.equal(ofEvents(await world.events("web"), "Infeasible").length, 1);
  await world.create("other", { containers: [sized(cpuOnly("3"))] });
  await world.until("other", isReady);
});

test("what the runtime refuses is told, and tried again", async () => {
  let refused: string | undefined = "device or resource busy";
  world = await startWorld({ rules: { update: () => refused } });
  await world.create("web", { containers: [sized(both("100m", "64Mi"))] });
  await world.until("web", isReady);
  await resize("web", both("100m", "32Mi"));
  const pod = await world.until("web", (found) => conditionOf(found, IN_PROGRESS)?.includes("Error") === true);
  assert.equal(conditionOf(pod, IN_PROGRESS), "True (2) Error device or resource busy");
  assert.deepEqual(resourcesOf(pod), both("100m", "64Mi"), "what it really has");
  assert.deepEqual(statusOf(pod)?.allocatedResources, { cpu: "100m", memory: "32Mi" });
  await world.clock.advance(60_000);
  refused = undefined;
  assert.deepEqual(resourcesOf(await settled("web", 2)), both("100m", "32Mi"));
  const events = ofEvents(await world.events("web"), "");
  assert.deepEqual(
    events.map((event) => event.split(":")[0]),
    [...["Normal ResizeStarted", "Warning ResizeError", "Normal ResizeCompleted"]],
  );
});

test("memory that is in use is not taken away", async () => {
  let usageBytes = 50 * MIB;
  const cgroups = { ...noCgroups, memory: async () => ({ limitBytes: 64 * MIB, usageBytes }) };
  world = await startWorld({ host: { cgroups } });
  const { runtime } = world.runtime;
  runtime.containerStats = async (id) => ({ id, labels: {}, memory: { ...NO_MEMORY, usageBytes } });
  await world.create("web", { containers: [sized(both("100m", "64Mi"))] });
  await world.until("web", isReady);
  await resize("web", both("100m", "40Mi"));
  const pod = await world.until("web", (found) => conditionOf(found, IN_PROGRESS)?.includes("Error") === true);
  const below = `memory limit (${40 * MIB}) below current usage (${50 * MIB})`;
  assert.equal(
    conditionOf(pod, IN_PROGRESS),
    "True (2) Error cannot decrease memory limits: " +
      `[attempting to set pod ${below}, attempting to set container "main" ${below}]`,
  );
  usageBytes = 30 * MIB;
  assert.deepEqual(resourcesOf(await settled("web", 2)), both("100m", "40Mi"));
});

test("a pod's own limits grow before its containers and shrink after them", async () => {
  const calls: string[] = [];
  const note = (what: string) => async (_: Pod, resource: string) => void calls.push(`${what} ${resource}`);
  const cgroups = { ...noCgroups, raise: note("raise"), lower: note("lower") };
  const update = (_: unknown, { cpuQuota, memoryLimitInBytes = 0 }: LinuxContainerResources) =>
    void calls.push(`${cpuQuota}us ${memoryLimitInBytes / MIB}Mi`);
  world = await startWorld({ host: { cgroups }, rules: { update } });
  const containers = [sized(both("100m", "64Mi")), sized(both("100m", "64Mi"), { name: "second" })];
  await world.create("web", { containers });
  await world.until("web", isReady);
  const wanted = [both("300m", "96Mi"), both("50m", "32Mi")];
  const body = { spec: { containers: wanted.map((resources, at) => ({ name: containers[at]!.name, resources })) } };
  const key = { namespace: "default", name: "web" };
  await world.client.patch(pods, key, { type: "strategic", body, subresource: "resize" });
  await settled("web", 2);
  assert.deepEqual(calls, [
    ...["raise memory", "10000us 32Mi", "10000us 96Mi", "lower memory"],
    ...["raise cpu", "5000us 32Mi", "30000us 96Mi", "lower cpu"],
  ]);
});

test("a container that does not run is started with what was allocated meanwhile, in a pod that has room for it", async () => {
  const calls: string[] = [];
  const raise = async (_: Pod, resource: string) => void calls.push(`raise ${resource}`);
  const behave = ({ linux }: ContainerConfig) => {
    calls.push(`start with ${linux.resources.cpuQuota}us`);
    return calls.length <= 2 ? { exit: { afterMs: 100, code: 1 } } : {};
  };
  world = await startWorld({ host: { cgroups: { ...noCgroups, raise } }, rules: { behave } });
  await world.create("web", { containers: [sized(both("100m", "64Mi"))] });
  const crashed = await world.until("web", (pod) => statusOf(pod)?.state?.waiting?.reason === "CrashLoopBackOff");
  assert.deepEqual(resourcesOf(crashed), both("100m", "64Mi"), "what it will have is told of what does not run, too");
  await resize("web", both("300m", "96Mi"));
  assert.deepEqual(resourcesOf(await settled("web", 2)), both("300m", "96Mi"));
  assert.deepEqual(calls.slice(1), ["start with 10000us", "raise memory", "raise cpu", "start with 30000us"]);
});

test("a resize is not over before the pod's own limits are set", async () => {
  let refused = true;
  const lower = async () => {
    if (refused) throw new Error("EBUSY: resource busy or locked, write");
  };
  world = await startWorld({ host: { cgroups: { ...noCgroups, lower } } });
  await world.create("web", { containers: [sized(both("100m", "64Mi"))] });
  await world.until("web", isReady);
  await resize("web", both("100m", "32Mi"));
  const pod = await world.until("web", (found) => conditionOf(found, IN_PROGRESS)?.includes("Error") === true);
  assert.equal(conditionOf(pod, IN_PROGRESS), "True (2) Error EBUSY: resource busy or locked, write");
  await world.clock.advance(15_000);
  assert.match(conditionOf(await world.until("web", isReady), IN_PROGRESS)!, /EBUSY/);
  refused = false;
  await settled("web", 2);
});

test("a wish that comes while another one is carried out is carried out, too", async () => {
  const gate = Promise.withResolvers<void>();
  const calls: string[] = [];
  let first = true;
  const raise = async ({ spec }: Pod, resource: string) => {
    calls.push(`${resource} for ${spec?.containers[0]?.resources?.limits?.cpu}`);
    if (!first) return;
    first = false;
    await gate.promise;
    throw new Error("nobody wants that any more");
  };
  world = await startWorld({ host: { cgroups: { ...noCgroups, raise } } });
  await world.create("web", { containers: [sized(both("100m", "64Mi"))] });
  await world.until("web", isReady);
  await resize("web", both("200m", "64Mi"));
  await world.clock.advance(1000);
  await resize("web", both("300m", "64Mi"));
  await world.clock.advance(1000);
  gate.resolve();
  const begunMs = world.clock.now();
  assert.deepEqual(resourcesOf(await settled("web", 3)), both("300m", "64Mi"));
  assert.ok(world.clock.now() - begunMs < 5000, "what failed before does not hold it up");
  assert.deepEqual(calls, ["memory for 200m", "memory for 300m", "cpu for 300m"]);
  assert.equal(ofEvents(await world.events("web"), "Error").length, 0);
});

test("a kubelet that cannot read what was saved goes by what its containers were made with", async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), "wherry-resize-"));
  try {
    world = await startWorld({ files: { ...hostFiles, keepsNothing: false }, dataDirectory });
    await world.create("web", { containers: [sized(cpuOnly("1"))] });
    await world.until("web", isReady);
    await resize("web", cpuOnly("2"));
    const pod = await settled("web", 2);
    const saved = join(dataDirectory, "kubelet/pods", pod.metadata!.uid!, "resize/resources.json");
    assert.match(await readFile(saved, "utf8"), /"cpu":"2"/);
    await world.restart({ meanwhile: () => writeFile(saved, '{"allocation":') });
    await world.clock.advance(5000);
    assert.deepEqual(resourcesOf(await settled("web", 2)), cpuOnly("2"));
    const again = "what it has is taken for a new wish, which there is room for";
    assert.equal(ofEvents(await world.events("web"), "Started").length, 2, again);
  } finally {
    await rm(dataDirectory, { recursive: true });
  }
});

test("a kubelet that comes later knows what was allocated", async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), "wherry-resize-"));
  try {
    world = await startWorld({ files: { ...hostFiles, keepsNothing: false }, dataDirectory });
    await world.create("other", { containers: [sized(cpuOnly("1500m"))] });
    await world.create("web", { containers: [sized(cpuOnly("1"))] });
    for (const name of ["web", "other"]) await world.until(name, isReady);
    await resize("web", cpuOnly("2"));
    const before = await settled("web", 2);
    await resize("web", cpuOnly("3"));
    const deferred = (pod: Pod | undefined) => conditionOf(pod, PENDING)?.includes("Deferred") === true;
    const since = (pod: Pod) => pod.status?.conditions?.find(({ type }) => type === PENDING)?.lastTransitionTime;
    const waiting = await world.until("web", deferred);
    await world.restart();
    await world.clock.advance(5000);
    const after = await world.until("web", deferred);
    assert.deepEqual(resourcesOf(after), cpuOnly("2"));
    assert.deepEqual(statusOf(after)?.allocatedResources, { cpu: "2" });
    assert.equal(statusOf(after)?.containerID, statusOf(before)?.containerID);
    assert.equal(since(after), since(waiting));
    await world.remove("other", 1);
    assert.deepEqual(resourcesOf(await settled("web", 3)), cpuOnly("3"));
  } finally {
    await rm(dataDirectory, { recursive: true });
  }
});

test("a resize that came while no kubelet was there is judged, not taken for granted", async () => {
  world = await startWorld();
  await world.create("web", { containers: [sized(cpuOnly("1"))] });
  await world.create("other", { containers: [sized(cpuOnly("2"))] });
  for (const name of ["web", "other"]) await world.until(name, isReady);
  await world.restart({ meanwhile: async () => void (await resize("web", cpuOnly("3"))) });
  const pod = await world.until("web", (found) => conditionOf(found, PENDING) !== undefined);
  assert.match(conditionOf(pod, PENDING)!, /Deferred .* requested: 3000, used: 2000, capacity: 4000/);
  assert.deepEqual(resourcesOf(pod), cpuOnly("1"));
  await resize("web", cpuOnly("1500m"));
  assert.deepEqual(resourcesOf(await settled("web", 3)), cpuOnly("1500m"));
});
