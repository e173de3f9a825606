import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { nodes } from "../../src/api/generated/resources.ts";
import type { HostUsage, KubeletHost } from "../../src/kubelet/host/host.ts";
import { hasPhase, isReady, main, NODE, startWorld, type World } from "./world.ts";

let world: World;
afterEach(() => world.close());

const MIB = 1024 ** 2;

/** A machine that the test makes scarce. */
function scarceHost() {
  const usage = { memoryAvailableBytes: 1000 * MIB, processes: 1, maxProcesses: 1000 };
  const disk = { device: "d", totalBytes: 1000 * MIB, availableBytes: 500 * MIB, inodes: 1000, inodesFree: 900 };
  const directories = new Map<string, number>();
  const host: Partial<KubeletHost> = {
    isNeverScarce: false,
    usage: async (): Promise<HostUsage> => ({ ...usage }),
    filesystem: async () => ({ ...disk }),
    diskUsage: async (path) => directories.get(path.slice(path.lastIndexOf("/") + 1)) ?? 0,
  };
  return { host, usage, disk, directories };
}

/** What the runtime tells of each container's memory, by its pod's name. */
function pretendMemory(bytes: Readonly<Record<string, number>>): void {
  const { runtime } = world.runtime;
  const listContainerStats = runtime.listContainerStats.bind(runtime);
  runtime.listContainerStats = async (filter) =>
    (await listContainerStats(filter)).map((stats) => ({
      ...stats,
      memory: {
        timestampMs: 0,
        workingSetBytes: bytes[stats.labels["io.kubernetes.pod.name"] ?? ""] ?? 0,
        usageBytes: 0,
        rssBytes: 0,
        pageFaults: 0,
        majorPageFaults: 0,
      },
    }));
}

async function condition(type: string): Promise<string | undefined> {
  const node = await world.client.get(nodes, { name: NODE });
  return node.status?.conditions?.find((each) => each.type === type)?.status;
}

test("a node that runs out of memory evicts the pod that uses most beyond what it asked for, and takes no others", async () => {
  const { host, usage } = scarceHost();
  world = await startWorld({ host });
  await world.create("modest");
  await world.create("greedy");
  for (const name of ["modest", "greedy"]) await world.until(name, isReady);
  pretendMemory({ modest: 10 * MIB, greedy: 500 * MIB });
  assert.equal(await condition("MemoryPressure"), "False");

  usage.memoryAvailableBytes = 50 * MIB;
  const greedy = await world.until("greedy", hasPhase("Failed"), 30_000);
  const message =
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. " +
    "Container main was using 500Mi, request is 0, has larger consumption of memory. ";
  assert.deepEqual([greedy.status?.reason, greedy.status?.message], ["Evicted", message]);
  const target = greedy.status?.conditions?.find(({ type }) => type === "DisruptionTarget");
  assert.deepEqual([target?.status, target?.reason, target?.message], ["True", "TerminationByKubelet", message]);
  assert.ok((await world.events("greedy")).includes(`Warning Evicted: ${message}`));
  assert.ok((await world.events(NODE)).includes("Warning EvictionThresholdMet: Attempting to reclaim memory"));
  usage.memoryAvailableBytes = 1000 * MIB;
  await world.clock.advance(20_000);
  assert.equal(await condition("MemoryPressure"), "True");
  assert.ok(
    (await world.events(NODE)).includes(
      `Normal NodeHasInsufficientMemory: Node ${NODE} status is now: NodeHasInsufficientMemory`,
    ),
  );

  await world.create("late");
  const late = await world.until("late", hasPhase("Failed"));
  assert.equal(late.status?.reason, "Evicted");
  assert.match(late.status?.message ?? "", /The node had condition: \[MemoryPressure\]/);
  const resources = { requests: { memory: "1Mi" } };
  await world.create("careful", { containers: [{ ...main, resources }] });
  await world.until("careful", isReady);
  assert.equal((await world.until("modest", isReady)).status?.phase, "Running");

  for (let minute = 0; minute < 6; minute++) await world.clock.advance(60_000);
  assert.equal(await condition("MemoryPressure"), "False");
  await world.create("again");
  await world.until("again", isReady);
});

test("a full disk costs unused images first, and pods only when that is not enough", async () => {
  const { host, disk } = scarceHost();
  world = await startWorld({ host });
  await world.create("web", { containers: [{ ...main, image: "used:1" }] });
  await world.until("web", isReady);
  const { images } = world.runtime;
  await world.drive(images.pullImage("unused:1"));
  const names = async () => (await images.listImages()).flatMap(({ repoTags }) => repoTags).sort();
  assert.deepEqual(await names(), ["unused:1", "used:1"]);
  await world.clock.advance(360_000);
  const removeImage = images.removeImage.bind(images);
  images.removeImage = async (image) => {
    await removeImage(image);
    disk.availableBytes += 100 * MIB;
  };
  disk.availableBytes = 140 * MIB;
  await world.clock.advance(20_000);
  assert.deepEqual(await names(), ["used:1"]);
  assert.equal(await condition("DiskPressure"), "True");
  assert.equal((await world.until("web", isReady)).status?.phase, "Running");

  disk.availableBytes = 40 * MIB;
  const web = await world.until("web", hasPhase("Failed"), 60_000);
  assert.equal(web.status?.reason, "Evicted");
  const low = "The node was low on resource: ephemeral-storage. Threshold quantity: 100Mi, available: 40Mi. ";
  assert.equal(web.status?.message, low);
});

test("a pod that writes more than its volume may hold goes, and no other", async () => {
  const { host, directories } = scarceHost();
  world = await startWorld({ host });
  await world.create("small", { volumes: [{ name: "scratch", emptyDir: { sizeLimit: "1Mi" } }] });
  await world.create("other", { volumes: [{ name: "scratch", emptyDir: {} }] });
  for (const name of ["small", "other"]) await world.until(name, isReady);
  directories.set("scratch", 2 * MIB);
  const small = await world.until("small", hasPhase("Failed"), 30_000);
  assert.equal(small.status?.reason, "Evicted");
  assert.equal(small.status?.message, 'Usage of EmptyDir volume "scratch" exceeds the limit "1Mi". ');
  await world.clock.advance(30_000);
  assert.equal((await world.until("other", isReady)).status?.phase, "Running");
  assert.equal(await condition("DiskPressure"), "False");
});
