import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { ContainerConfig, PodSandboxConfig } from "./config.ts";
import { type ContainerRuntime, RuntimeError } from "./runtime.ts";

/** A runtime under test, with what the suite needs of its world. */
export interface ConformanceWorld {
  readonly runtime: ContainerRuntime;
  /** An image that is on the node. */
  readonly image: string;
  /** An image that no registry has. */
  readonly missingImage: string;
  /** A program that runs until it gets SIGTERM, one that ends with a code, and one that prints its argument. */
  readonly commands: {
    readonly forever: readonly string[];
    exit(code: number): readonly string[];
    echo(text: string): readonly string[];
    /** Cannot be executed. */
    readonly impossible: readonly string[];
  };
  readonly cgroupParent: string;
  readonly logDirectory: string;
  close(): Promise<void>;
}

const LABELS = { "conformance/suite": "yes" };
const PRIVILEGES = {
  privileged: false,
  readonlyRootfs: false,
  noNewPrivs: false,
  namespaceOptions: { network: "POD", pid: "CONTAINER", ipc: "POD" },
} as const;
let counter = 0;

/** What cri/runtime.ts promises, as tests of one implementation. */
export function runtimeConformance(name: string, make: () => Promise<ConformanceWorld>, skip?: string): void {
  describe(`runtime conformance: ${name}`, { skip }, () => {
    let world: ConformanceWorld;
    before(async () => {
      world = await make();
    });
    after(async () => {
      if (world === undefined) return;
      const left = await world.runtime.runtime.listPodSandboxes({ labels: LABELS });
      for (const { id } of left) await world.runtime.runtime.removePodSandbox(id);
      await world.close();
    });
    nodeTests(() => world);
    sandboxTests(() => world);
    containerTests(() => world);
    imageTests(() => world);
  });
}

type Given = () => ConformanceWorld;

function sandbox(world: ConformanceWorld, change: Partial<PodSandboxConfig> = {}): PodSandboxConfig {
  const uid = `conformance-${counter++}`;
  return {
    metadata: { name: uid, uid, namespace: "default", attempt: 0 },
    hostname: "conformance",
    logDirectory: world.logDirectory,
    labels: LABELS,
    annotations: { "conformance/note": "kept as it is" },
    linux: { cgroupParent: `${world.cgroupParent}/${uid}`, securityContext: PRIVILEGES },
    ...change,
  };
}

function container(
  world: ConformanceWorld,
  command: readonly string[],
  change: Partial<ContainerConfig> = {},
): ContainerConfig {
  const name = `c${counter++}`;
  return {
    metadata: { name, attempt: 0 },
    image: { image: world.image },
    command,
    args: [],
    workingDir: "",
    envs: [],
    mounts: [],
    labels: LABELS,
    annotations: { "conformance/container": "yes" },
    logPath: `${name}.log`,
    stdin: false,
    stdinOnce: false,
    tty: false,
    linux: { resources: {}, securityContext: PRIVILEGES },
    ...change,
  };
}

async function started(world: ConformanceWorld, command: readonly string[]): Promise<{ pod: string; id: string }> {
  const { runtime } = world.runtime;
  const config = sandbox(world);
  const pod = await runtime.runPodSandbox(config);
  const id = await runtime.createContainer(pod, container(world, command), config);
  await runtime.startContainer(id);
  return { pod, id };
}

/** Asks again until the container has ended: runtimes notice it on their own time. */
async function ended({ runtime }: ConformanceWorld, id: string) {
  for (let attempt = 0; attempt < 200; attempt++) {
    const status = await runtime.runtime.containerStatus(id);
    if (status.state === "CONTAINER_EXITED") return status;
    await setTimeout(10);
  }
  throw new Error(`container ${id} does not end`);
}

const rejectsWith = (code: string) => (error: unknown) => {
  assert.ok(error instanceof RuntimeError, String(error));
  assert.equal(error.code, code, error.message);
  return true;
};

function nodeTests(given: Given): void {
  test("tells its version and that it is ready", async () => {
    const { runtime } = given().runtime;
    const { runtimeName, runtimeVersion, runtimeApiVersion } = await runtime.version();
    assert.notEqual(runtimeName, "");
    assert.notEqual(runtimeVersion, "");
    assert.equal(runtimeApiVersion, "v1");
    const { conditions } = await runtime.status();
    for (const type of ["RuntimeReady", "NetworkReady"]) {
      assert.equal(conditions.find((condition) => condition.type === type)?.status, true, type);
    }
  });

  test("tells of containers that end after it said that it does, or says that it does not", async () => {
    const world = given();
    const stop = new AbortController();
    const seen: string[] = [];
    const { promise: subscribed, resolve } = Promise.withResolvers<void>();
    const following = (async () => {
      for await (const event of world.runtime.runtime.containerEvents(stop.signal)) {
        if (event.type === "subscribed") resolve();
        if (event.type === "stopped") seen.push(event.containerId);
      }
    })().catch(rejectsWith("Unimplemented"));
    await Promise.race([subscribed, following]);
    const { id } = await started(world, world.commands.exit(0));
    await ended(world, id);
    for (let attempt = 0; attempt < 100 && !seen.includes(id); attempt++) {
      await setTimeout(10);
    }
    stop.abort();
    if ((await following) !== true) assert.ok(seen.includes(id));
  });
}

function sandboxTests(given: Given): void {
  test("runs a sandbox with an address, labels and annotations, stops and removes it", async () => {
    const world = given();
    const { runtime } = world.runtime;
    const config = sandbox(world);
    const id = await runtime.runPodSandbox(config);
    const status = await runtime.podSandboxStatus(id);
    assert.equal(status.state, "SANDBOX_READY");
    assert.equal(status.ips.length, 1);
    assert.deepEqual(status.metadata, config.metadata);
    assert.deepEqual(status.labels, config.labels);
    assert.deepEqual(status.annotations, config.annotations);
    assert.ok(status.createdAtMs > 0);
    await runtime.stopPodSandbox(id);
    await runtime.stopPodSandbox(id);
    assert.equal((await runtime.podSandboxStatus(id)).state, "SANDBOX_NOTREADY");
    await runtime.removePodSandbox(id);
    await runtime.removePodSandbox(id);
    await assert.rejects(runtime.podSandboxStatus(id), rejectsWith("NotFound"));
  });

  test("lists sandboxes by id and by labels", async () => {
    const world = given();
    const { runtime } = world.runtime;
    const one = await runtime.runPodSandbox(sandbox(world, { labels: { ...LABELS, which: "one" } }));
    const two = await runtime.runPodSandbox(sandbox(world, { labels: { ...LABELS, which: "two" } }));
    const ids = async (filter: Parameters<typeof runtime.listPodSandboxes>[0]) =>
      (await runtime.listPodSandboxes(filter)).map(({ id }) => id);
    assert.deepEqual(await ids({ labels: { which: "one" } }), [one]);
    assert.deepEqual(await ids({ id: two }), [two]);
    assert.deepEqual(await ids({ labels: { which: "three" } }), []);
    assert.ok((await ids({ labels: LABELS })).length >= 2);
  });

  test("refuses a second sandbox of the same name", async () => {
    const world = given();
    const config = sandbox(world);
    await world.runtime.runtime.runPodSandbox(config);
    await assert.rejects(world.runtime.runtime.runPodSandbox(config), RuntimeError);
  });

  test("gives no address to a pod in the host's network", async () => {
    const world = given();
    const base = sandbox(world);
    const namespaceOptions = { ...PRIVILEGES.namespaceOptions, network: "NODE" } as const;
    const id = await world.runtime.runtime.runPodSandbox({
      ...base,
      hostname: "",
      linux: { ...base.linux, securityContext: { ...PRIVILEGES, namespaceOptions } },
    });
    assert.deepEqual((await world.runtime.runtime.podSandboxStatus(id)).ips, []);
  });

  test("a stopped sandbox takes its containers along", async () => {
    const world = given();
    const { pod, id } = await started(world, world.commands.forever);
    await world.runtime.runtime.stopPodSandbox(pod);
    assert.equal((await ended(world, id)).state, "CONTAINER_EXITED");
    await world.runtime.runtime.removePodSandbox(pod);
    await assert.rejects(world.runtime.runtime.containerStatus(id), rejectsWith("NotFound"));
  });
}

function containerTests(given: Given): void {
  test("creates, starts, stops and removes a container", async () => {
    const world = given();
    const { runtime } = world.runtime;
    const config = sandbox(world);
    const pod = await runtime.runPodSandbox(config);
    const wanted = container(world, world.commands.forever);
    const id = await runtime.createContainer(pod, wanted, config);
    assert.equal((await runtime.containerStatus(id)).state, "CONTAINER_CREATED");
    await runtime.startContainer(id);
    const running = await runtime.containerStatus(id);
    assert.equal(running.state, "CONTAINER_RUNNING");
    assert.deepEqual(running.labels, wanted.labels);
    assert.deepEqual(running.annotations, wanted.annotations);
    assert.deepEqual(running.metadata, wanted.metadata);
    assert.ok(running.startedAtMs >= running.createdAtMs);
    await assert.rejects(runtime.startContainer(id), RuntimeError);
    await runtime.stopContainer(id, 5);
    await runtime.stopContainer(id, 5);
    const stopped = await ended(world, id);
    assert.ok(stopped.finishedAtMs >= stopped.startedAtMs);
    await runtime.removeContainer(id);
    await runtime.removeContainer(id);
    await assert.rejects(runtime.containerStatus(id), rejectsWith("NotFound"));
  });

  test("gives a running container other resources, and tells of them where it tells of any", async () => {
    const world = given();
    const { runtime } = world.runtime;
    const { id } = await started(world, world.commands.forever);
    const before = await runtime.containerStatus(id);
    const cpu = { cpuShares: 512, cpuPeriod: 100_000, cpuQuota: 50_000 };
    await runtime.updateContainerResources(id, { ...cpu, memoryLimitInBytes: 64 * 1024 ** 2 });
    await runtime.updateContainerResources(id, { memoryLimitInBytes: 128 * 1024 ** 2 });
    const { state, resources, startedAtMs } = await runtime.containerStatus(id);
    assert.deepEqual([state, startedAtMs], ["CONTAINER_RUNNING", before.startedAtMs]);
    if (before.resources !== undefined) {
      const { cpuShares, cpuPeriod, cpuQuota, memoryLimitInBytes } = resources!;
      assert.deepEqual({ cpuShares, cpuPeriod, cpuQuota }, cpu, "what is not given stays");
      assert.equal(memoryLimitInBytes, 128 * 1024 ** 2);
    }
    await assert.rejects(runtime.updateContainerResources("no-such-container", cpu), rejectsWith("NotFound"));
  });

  for (const [code, reason] of [
    [0, "Completed"],
    [3, "Error"],
  ] as const) {
    test(`tells that a container ended with ${code}`, async () => {
      const world = given();
      const { id } = await started(world, world.commands.exit(code));
      const status = await ended(world, id);
      assert.equal(status.exitCode, code);
      assert.equal(status.reason, reason);
      assert.ok(status.finishedAtMs > 0);
    });
  }

  test("a program that cannot be executed fails at the start and leaves an exited container", async () => {
    const world = given();
    const { runtime } = world.runtime;
    const config = sandbox(world);
    const pod = await runtime.runPodSandbox(config);
    const id = await runtime.createContainer(pod, container(world, world.commands.impossible), config);
    await assert.rejects(runtime.startContainer(id), RuntimeError);
    const status = await runtime.containerStatus(id);
    assert.equal(status.state, "CONTAINER_EXITED");
    assert.notEqual(status.exitCode, 0);
  });

  test("refuses a second container of the same name and attempt, takes the next attempt", async () => {
    const world = given();
    const { runtime } = world.runtime;
    const config = sandbox(world);
    const pod = await runtime.runPodSandbox(config);
    const wanted = container(world, world.commands.forever);
    await runtime.createContainer(pod, wanted, config);
    await assert.rejects(runtime.createContainer(pod, wanted, config), RuntimeError);
    const second = { ...wanted, metadata: { ...wanted.metadata, attempt: 1 } };
    assert.notEqual(await runtime.createContainer(pod, second, config), "");
  });

  test("refuses a container in a sandbox that is not there", async () => {
    const world = given();
    const config = sandbox(world);
    const wanted = container(world, world.commands.forever);
    await assert.rejects(world.runtime.runtime.createContainer("f".repeat(64), wanted, config), RuntimeError);
  });

  test("lists containers by sandbox and by labels", async () => {
    const world = given();
    const { pod, id } = await started(world, world.commands.forever);
    const { runtime } = world.runtime;
    const found = await runtime.listContainers({ podSandboxId: pod, labels: LABELS });
    assert.deepEqual(
      found.map((item) => [item.id, item.podSandboxId, item.state]),
      [[id, pod, "CONTAINER_RUNNING"]],
    );
    assert.deepEqual(await runtime.listContainers({ podSandboxId: pod, labels: { other: "label" } }), []);
  });

  test("runs a command in a container", async () => {
    const world = given();
    const { id } = await started(world, world.commands.forever);
    const { stdout, exitCode } = await world.runtime.runtime.execSync(id, world.commands.echo("hello"), 10);
    assert.equal(exitCode, 0);
    assert.equal(stdout.toString().trim(), "hello");
    assert.equal((await world.runtime.runtime.execSync(id, world.commands.exit(4), 10)).exitCode, 4);
  });

  test("removes a running container, killing it", async () => {
    const world = given();
    const { id } = await started(world, world.commands.forever);
    await world.runtime.runtime.removeContainer(id);
    await assert.rejects(world.runtime.runtime.containerStatus(id), rejectsWith("NotFound"));
  });

  test("counts what running containers use, with their labels", async () => {
    const world = given();
    const { id } = await started(world, world.commands.forever);
    const stats = await world.runtime.runtime.listContainerStats({ id });
    assert.deepEqual(
      stats.map((item) => [item.id, item.labels]),
      [[id, LABELS]],
    );
    assert.equal((await world.runtime.runtime.containerStats(id)).id, id);
  });
}

function imageTests(given: Given): void {
  test("knows the images that it has", async () => {
    const { runtime, image } = given();
    const status = await runtime.images.imageStatus(image);
    assert.ok(status !== undefined && status.sizeBytes > 0 && status.id !== "");
    assert.ok(status.repoTags.includes(image));
    assert.ok((await runtime.images.listImages()).some(({ id }) => id === status.id));
    assert.equal((await runtime.images.imageStatus(status.id))?.id, status.id);
  });

  test("says that an image is not there, and why it cannot be pulled", async () => {
    const { runtime, missingImage } = given();
    assert.equal(await runtime.images.imageStatus(missingImage), undefined);
    await assert.rejects(runtime.images.pullImage(missingImage), RuntimeError);
    await runtime.images.removeImage(missingImage);
  });

  test("refuses a container whose image is not there", async () => {
    const world = given();
    const { runtime } = world.runtime;
    const config = sandbox(world);
    const pod = await runtime.runPodSandbox(config);
    const wanted = container(world, world.commands.forever, { image: { image: world.missingImage } });
    await assert.rejects(runtime.createContainer(pod, wanted, config), RuntimeError);
  });

  test("mounts an image into a container, and refuses one that is not there", async () => {
    const world = given();
    const { runtime, images } = world.runtime;
    const config = sandbox(world);
    const pod = await runtime.runPodSandbox(config);
    const mounted = (image: string) => [{ containerPath: "/shown", hostPath: "", readonly: true, image: { image } }];
    const wanted = (image: string) => container(world, world.commands.forever, { mounts: mounted(image) });
    const known = await images.imageStatus(world.image);
    const id = await runtime.createContainer(pod, wanted(known!.id), config);
    await runtime.startContainer(id);
    assert.equal((await runtime.containerStatus(id)).state, "CONTAINER_RUNNING");
    await assert.rejects(
      runtime.createContainer(pod, wanted(world.missingImage), config),
      /^RuntimeError: ImageVolumeMountFailed: /,
    );
    await runtime.stopPodSandbox(pod);
    await runtime.removePodSandbox(pod);
  });

  test("tells how much space images take", async () => {
    // Runtimes count on their own time: right after their start they may not have looked yet.
    for (const usage of await given().runtime.images.imageFsInfo()) {
      assert.notEqual(usage.mountpoint, "");
      assert.ok(usage.usedBytes >= 0);
    }
  });
}
