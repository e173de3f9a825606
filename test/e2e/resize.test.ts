import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { after, afterEach, before, suite, test } from "node:test";
import type { Container, ContainerStatus, Node, Pod, ResourceRequirements } from "../../src/api/generated/core/v1.ts";
import { quantityMilli } from "../../src/api/quantity.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { shellPod, WAIT_FOREVER } from "../support/objects.ts";
import { type Registry, startRegistry } from "../support/registry.ts";
import { withoutContainers } from "../support/requirements.ts";

const MIB = 1024 ** 2;
const IS_UNIFIED = existsSync("/sys/fs/cgroup/cgroup.controllers");
/** Files of a group by what they say, and how. */
const FILES = IS_UNIFIED
  ? { memory: "memory.max", quota: "cpu.max", share: "cpu.weight" }
  : { memory: "memory/memory.limit_in_bytes", quota: "cpu/cpu.cfs_quota_us", share: "cpu/cpu.shares" };

const both = (cpu: string, memory: string): ResourceRequirements => ({
  requests: { cpu, memory },
  limits: { cpu, memory },
});
const cpuOnly = (cpu: string): ResourceRequirements => ({ requests: { cpu } });

/** Running containers get other resources, as their cgroups say. */
suite("resize", { skip: withoutContainers() }, () => {
  let registry: Registry;
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];
  let image: string;

  before(async () => {
    registry = await startRegistry();
    cluster = await startCluster();
    kubectl = cluster.kubectl;
    image = registry.image("busybox:1");
  });
  afterEach((context) => cluster.tell(context));
  after(async () => {
    await registry?.stop();
    await cluster?.remove();
  });

  const podOf = (name: string): Promise<Pod> => kubectl.get<Pod>("pod", name);
  const statusOf = (pod: Pod): ContainerStatus => pod.status!.containerStatuses![0]!;
  const condition = (pod: Pod, type: string) => pod.status?.conditions?.find((each) => each.type === type);

  async function start(name: string, container: Partial<Container>, spec: object = {}): Promise<Pod> {
    await kubectl.apply(shellPod(name, image, WAIT_FOREVER, { container, spec }));
    await kubectl.ok("wait", `pod/${name}`, "--for=condition=Ready", "--timeout=30s");
    return podOf(name);
  }

  function resize(name: string, changes: Record<string, ResourceRequirements>): Promise<string> {
    const containers = Object.entries(changes).map(([container, resources]) => ({ name: container, resources }));
    const patch = JSON.stringify({ spec: { containers } });
    return kubectl.ok("patch", "pod", name, "--subresource=resize", "--patch", patch);
  }

  /** The pod once nothing of its resize is left to do. */
  const settled = (name: string): Promise<Pod> =>
    eventually(`the resize of ${name} is over`, async () => {
      const pod = await podOf(name);
      const isSeen = pod.status?.observedGeneration === pod.metadata?.generation;
      const isOver = !condition(pod, "PodResizePending") && !condition(pod, "PodResizeInProgress");
      return isSeen && isOver && condition(pod, "Ready")?.status === "True" && pod;
    });

  /** Memory in MiB and processor in microseconds, as the container sees them; undefined without a limit. */
  async function inside(name: string, container = "main"): Promise<unknown[]> {
    const files = [FILES.memory, FILES.quota].map((file) => `/sys/fs/cgroup/${file}`);
    const text = await kubectl.ok("exec", name, "-c", container, "--", "cat", ...files);
    return text.trim().split("\n").map(amount).map(inMebibytes);
  }

  /** The same of the pod's own group. */
  function ofPod(pod: Pod): unknown[] {
    return [FILES.memory, FILES.quota].map(groupFile(pod)).map(amount).map(inMebibytes);
  }

  function groupFile({ metadata }: Pod): (file: string) => string {
    return (file) => {
      const [controller, name] = file.includes("/") ? file.split("/") : [".", file];
      const place = `/sys/fs/cgroup/${controller}/*/kubepods/{,burstable/,besteffort/}pod${metadata?.uid}/${name}`;
      const [path] = globSync(place);
      assert.ok(path !== undefined, `no ${place}`);
      return readFileSync(path, "utf8");
    };
  }

  const amount = (text: string): number | undefined => {
    const found = Number.parseInt(text, 10);
    // Version 1 says the largest number of pages where there is no limit.
    return Number.isNaN(found) || found < 0 || found > 2 ** 60 ? undefined : found;
  };
  const inMebibytes = (found: number | undefined, at: number) => (found && at === 0 ? found / MIB : found);

  test("a container grows and shrinks while it runs, and its pod with it", async () => {
    const before = await start("grows", { resources: both("100m", "64Mi") });
    assert.deepEqual(
      [await inside("grows"), ofPod(before)],
      [
        [64, 10_000],
        [64, 10_000],
      ],
    );
    for (const [cpu, memory, expected] of [
      ["300m", "128Mi", [128, 30_000]],
      ["150m", "32Mi", [32, 15_000]],
      ["50m", "96Mi", [96, 5000]],
    ] as const) {
      await resize("grows", { main: both(cpu, memory) });
      const pod = await settled("grows");
      assert.deepEqual(statusOf(pod).resources, both(cpu, memory));
      assert.deepEqual(statusOf(pod).allocatedResources, { cpu, memory });
      assert.deepEqual([await inside("grows"), ofPod(pod)], [expected, expected]);
      assert.equal(statusOf(pod).containerID, statusOf(before).containerID);
      assert.equal(statusOf(pod).restartCount, 0);
    }
    const events = await kubectl.ok("events", "--for", "pod/grows");
    assert.match(events, /Normal +ResizeStarted +Pod\/grows +Pod resize started: \{"containers":\[\{"name":"main",/);
    assert.match(events, /Normal +ResizeCompleted +Pod\/grows +Pod resize completed: .*"generation":4\}/);
  });

  test("limits are added to containers that had only requests", async () => {
    const more: Container = { name: "second", image, command: ["sh", "-c", WAIT_FOREVER] };
    const pod = shellPod("limits", image, WAIT_FOREVER, { container: { resources: cpuOnly("20m") } });
    pod.spec?.containers.push({ ...more, resources: { requests: { memory: "35Mi" } } });
    await kubectl.apply(pod);
    await kubectl.ok("wait", "pod/limits", "--for=condition=Ready", "--timeout=30s");
    const wanted = {
      main: { requests: { cpu: "25m", memory: "20Mi" }, limits: { cpu: "35m", memory: "50Mi" } },
      second: { requests: { cpu: "10m", memory: "30Mi" }, limits: { cpu: "40m", memory: "50Mi" } },
    };
    await resize("limits", wanted);
    const done = await settled("limits");
    const told = done.status?.containerStatuses?.map(({ name, resources }) => [name, resources]);
    assert.deepEqual(Object.fromEntries(told!), wanted);
    assert.deepEqual(await inside("limits"), [50, 3500]);
    assert.deepEqual(await inside("limits", "second"), [50, 4000]);
    assert.deepEqual(ofPod(done), [100, 7500], "all of its containers have limits now");
  });

  test("a container whose policy asks for it is started again in place", async () => {
    const resizePolicy = [{ resourceName: "memory", restartPolicy: "RestartContainer" }];
    const before = await start("again", { resizePolicy, resources: both("100m", "64Mi") });
    await resize("again", { main: both("200m", "64Mi") });
    assert.equal(statusOf(await settled("again")).restartCount, 0);
    await resize("again", { main: both("200m", "96Mi") });
    const grown = await eventually("one restart", async () => {
      const pod = await settled("again");
      return statusOf(pod).restartCount === 1 && pod;
    });
    assert.equal(grown.status?.podIP, before.status?.podIP);
    assert.deepEqual(
      [await inside("again"), ofPod(grown)],
      [
        [96, 20_000],
        [96, 20_000],
      ],
    );
    await resize("again", { main: both("200m", "32Mi") });
    const shrunk = await eventually("another restart", async () => {
      const pod = await settled("again");
      return statusOf(pod).restartCount === 2 && pod;
    });
    assert.deepEqual(
      [await inside("again"), ofPod(shrunk)],
      [
        [32, 20_000],
        [32, 20_000],
      ],
    );
    assert.deepEqual(statusOf(shrunk).resources, both("200m", "32Mi"));
  });

  test("memory that is in use is not taken away", async () => {
    const volumes = [{ name: "memory", emptyDir: { medium: "Memory" } }];
    const volumeMounts = [{ name: "memory", mountPath: "/memory" }];
    await start("full", { resources: both("100m", "128Mi"), volumeMounts }, { volumes });
    await kubectl.ok("exec", "full", "--", "dd", "if=/dev/zero", "of=/memory/file", "bs=1M", "count=60");
    await resize("full", { main: both("100m", "40Mi") });
    const refused = await eventually("an error", async () => {
      const found = condition(await podOf("full"), "PodResizeInProgress");
      return found?.reason === "Error" && found;
    });
    const below = /attempting to set (pod|container "main") memory limit \(41943040\) below current usage \(\d+\)/g;
    assert.match(refused.message!, /^cannot decrease memory limits: \[.*\]$/);
    assert.equal([...refused.message!.matchAll(below)].length, 2);
    assert.deepEqual(statusOf(await podOf("full")).resources, both("100m", "128Mi"));
    assert.deepEqual(await inside("full"), [128, 10_000]);
    await kubectl.ok("exec", "full", "--", "rm", "/memory/file");
    await settled("full");
    assert.deepEqual(await inside("full"), [40, 10_000]);
  });

  test("what has no room now waits, also over a crash, and gets it when there is room", async () => {
    const [node] = (await kubectl.get<{ items: Node[] }>("nodes")).items;
    const pods = await kubectl.get<{ items: Pod[] }>("pods", "-A");
    const asked = pods.items.flatMap(({ spec }) => spec!.containers.map(({ resources }) => resources?.requests?.cpu));
    const taken = asked.reduce((sum, cpu = "0") => sum + quantityMilli(cpu), 0);
    const free = quantityMilli(node!.status!.allocatable!.cpu!) - taken;
    const half = `${Math.floor(free / 2)}m`;
    await start("taker", { resources: cpuOnly(half) });
    const before = await start("waits", { resources: cpuOnly("100m") });
    await resize("waits", { main: cpuOnly("120m") });
    await settled("waits");
    const wanted = cpuOnly(`${Math.floor(free * 0.8)}m`);
    await resize("waits", { main: wanted });
    const pending = () =>
      eventually("it is deferred", async () => {
        const found = condition(await podOf("waits"), "PodResizePending");
        return found?.reason === "Deferred" && found;
      });
    const first = await pending();
    assert.match(first.message!, /^Node didn't have enough resource: cpu, requested: \d+, used: \d+, capacity: \d+$/);
    assert.equal(first.observedGeneration, 3);
    await cluster.kill();
    await cluster.up();
    await kubectl.ok("wait", "node", "--all", "--for=condition=Ready", "--timeout=30s");
    assert.equal((await pending()).lastTransitionTime, first.lastTransitionTime);
    const waiting = await podOf("waits");
    assert.deepEqual(statusOf(waiting).resources, cpuOnly("120m"));
    assert.deepEqual(statusOf(waiting).allocatedResources, { cpu: "120m" });
    assert.equal(statusOf(waiting).containerID, statusOf(before).containerID);
    await kubectl.ok("delete", "pod", "taker", "--now");
    const done = await settled("waits");
    assert.deepEqual(statusOf(done).resources, wanted);
    assert.equal(statusOf(done).restartCount, 0);
    if (!IS_UNIFIED) {
      const shares = Math.floor((quantityMilli(wanted.requests!.cpu!) * 1024) / 1000);
      assert.equal(amount(await kubectl.ok("exec", "waits", "--", "cat", `/sys/fs/cgroup/${FILES.share}`)), shares);
      assert.equal(amount(groupFile(done)(FILES.share)), shares);
    }
  });
});
