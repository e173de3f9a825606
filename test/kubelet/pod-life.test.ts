import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { nodes, pods } from "../../src/api/generated/resources.ts";
import type { ContainerConfig } from "../../src/kubelet/cri/config.ts";
import type { SimulationRules } from "../../src/kubelet/cri/simulated/rules.ts";
import { hasPhase, isReady, isWaiting, main, NODE, startWorld, type World } from "./world.ts";

let world: World;
afterEach(() => world.close());

/** Containers do what their command says. */
const obedient: Partial<SimulationRules> = {
  behave: ({ command: [word, argument = "0"] }: ContainerConfig) => {
    if (word === "exit") return { exit: { afterMs: 100, code: Number(argument) } };
    if (word === "stubborn") return {};
    return { onTerm: { afterMs: 50, code: 0 } };
  },
};

test("the node registers itself and becomes Ready", async () => {
  world = await startWorld();
  await world.drive(world.kubelet.ready);
  const node = await world.client.get(nodes, { name: NODE });
  const ready = node.status?.conditions?.find(({ type }) => type === "Ready");
  assert.equal(ready?.status, "True");
  assert.equal(ready?.message, "kubelet is posting ready status");
  assert.equal(node.status?.capacity?.cpu, "4");
  assert.equal(node.metadata?.labels?.["kubernetes.io/hostname"], NODE);
});

test("a pod is pulled, started and Ready, and says so", async () => {
  world = await startWorld();
  await world.create("web");
  const pod = await world.until("web", isReady);
  assert.equal(pod.status?.phase, "Running");
  assert.match(pod.status?.podIP ?? "", /^10\.244\.0\./);
  assert.equal(pod.status?.hostIP, "192.0.2.10");
  assert.equal(pod.status?.qosClass, "BestEffort");
  const [status] = pod.status?.containerStatuses ?? [];
  assert.equal(status?.ready, true);
  assert.match(status?.containerID ?? "", /^simulated:\/\//);
  assert.deepEqual(await world.events("web"), [
    'Normal Pulling: Pulling image "busybox:1"',
    'Normal Pulled: Successfully pulled image "busybox:1" in 500ms (500ms including waiting). Image size: 50000000 bytes.',
    "Normal Created: Container created",
    "Normal Started: Container started",
  ]);
});

test("a pod whose image is present is prepared while its sandbox is made, and written once, when it runs", async () => {
  world = await startWorld();
  await world.create("first");
  await world.until("first", isReady);
  const { runtime, images } = world.runtime;
  const calls: string[] = [];
  const runPodSandbox = runtime.runPodSandbox.bind(runtime);
  const createContainer = runtime.createContainer.bind(runtime);
  const imageStatus = images.imageStatus.bind(images);
  runtime.runPodSandbox = async (...parameters) => {
    const id = await runPodSandbox(...parameters);
    calls.push("sandbox made");
    return id;
  };
  runtime.createContainer = (...parameters) => {
    calls.push("container");
    return createContainer(...parameters);
  };
  images.imageStatus = (image) => {
    calls.push("image");
    return imageStatus(image);
  };
  const writes: unknown[] = [];
  const ended = new AbortController();
  const { metadata } = await world.client.list(pods, { namespace: "default" });
  const watching = (async () => {
    const options = { namespace: "default", resourceVersion: metadata.resourceVersion, signal: ended.signal };
    for await (const { object } of world.client.watch(pods, options)) {
      if (object.metadata?.name === "web") writes.push(object.status?.phase);
    }
  })().catch(() => {});
  await world.create("web");
  await world.until("web", isReady);
  await world.clock.advance(2000);
  ended.abort();
  await watching;
  // The runtime itself looks for the image once more.
  assert.deepEqual(calls, ["image", "sandbox made", "container", "image"]);
  assert.deepEqual(writes, ["Pending", "Running"]);
  assert.deepEqual(await world.events("web"), [
    'Normal Pulled: Container image "busybox:1" already present on machine and can be accessed by the pod',
    "Normal Created: Container created",
    "Normal Started: Container started",
  ]);
});

test("a deleted pod ends within its grace period and is gone", async () => {
  world = await startWorld({ rules: obedient });
  await world.create("web", { terminationGracePeriodSeconds: 30 });
  await world.until("web", isReady);
  await world.remove("web");
  const before = world.clock.now();
  await world.until("web", (pod) => pod === undefined);
  assert.ok(world.clock.now() - before < 2000, `${world.clock.now() - before} ms`);
  assert.ok((await world.events("web")).includes("Normal Killing: Stopping container main"));
  assert.deepEqual(await world.runtime.runtime.listPodSandboxes(), []);
});

test("a pod that is deleted while its image is pulled goes at once", async () => {
  world = await startWorld({ rules: { pull: () => ({ durationMs: 60_000, sizeBytes: 1 }) } });
  await world.create("hasty");
  await world.clock.advance(2000);
  await world.remove("hasty");
  await world.until("hasty", (pod) => pod === undefined, 2000);
  assert.deepEqual(await world.runtime.runtime.listPodSandboxes(), []);
});

test("a container that ignores SIGTERM is killed when its time is over, sooner when the delete is repeated with less", async () => {
  world = await startWorld({ rules: obedient });
  const containers = [{ ...main, command: ["stubborn"] }];
  await world.create("slow", { containers, terminationGracePeriodSeconds: 30 });
  await world.create("slower", { containers, terminationGracePeriodSeconds: 60 });
  await Promise.all([world.until("slow", isReady), world.until("slower", isReady)]);
  const before = world.clock.now();
  await world.remove("slow");
  await world.remove("slower");
  await world.clock.advance(1000);
  await world.remove("slower", 3);
  await world.until("slower", (pod) => pod === undefined);
  assert.ok(world.clock.now() - before < 6000);
  await world.until("slow", (pod) => pod === undefined);
  assert.ok(world.clock.now() - before >= 30_000);
});

test("a pod that was deleted by force leaves nothing on the node", async () => {
  world = await startWorld({ rules: obedient });
  await world.create("gone", { containers: [{ ...main, command: ["stubborn"] }] });
  await world.until("gone", isReady);
  await world.remove("gone", 0);
  await world.clock.advance(4000);
  assert.deepEqual(await world.runtime.runtime.listPodSandboxes(), []);
});

test("a container that keeps failing is restarted after 0, 10, 20 seconds", async () => {
  world = await startWorld({ rules: obedient });
  await world.create("crash", { containers: [{ ...main, command: ["exit", "7"] }] });
  const pod = await world.until("crash", isWaiting("CrashLoopBackOff"));
  const [status] = pod.status?.containerStatuses ?? [];
  assert.equal(status?.lastState?.terminated?.exitCode, 7);
  assert.match(
    status?.state?.waiting?.message ?? "",
    /^back-off 10s restarting failed container=main pod=crash_default\(/,
  );
  assert.equal(pod.status?.phase, "Running");
  const starts: number[] = [];
  for (const count of [2, 3, 4]) {
    await world.until("crash", (found) => (found?.status?.containerStatuses?.[0]?.restartCount ?? 0) >= count);
    starts.push(world.clock.now());
  }
  const gaps = starts.slice(1).map((at, index) => Math.round((at - starts[index]!) / 1000));
  assert.deepEqual(gaps, [20, 40]);
  const left = await world.runtime.runtime.listContainers();
  assert.ok(left.length <= 2, "of ended containers only the last one is kept");
});

test("pods that run to completion succeed or fail by their restart policy", async () => {
  world = await startWorld({ rules: obedient });
  await world.create("done", { restartPolicy: "Never", containers: [{ ...main, command: ["exit", "0"] }] });
  await world.create("failed", { restartPolicy: "Never", containers: [{ ...main, command: ["exit", "2"] }] });
  await world.create("retried", { restartPolicy: "OnFailure", containers: [{ ...main, command: ["exit", "2"] }] });
  const done = await world.until("done", hasPhase("Succeeded"));
  assert.deepEqual(
    done.status?.conditions?.filter(({ type }) => type === "Ready").map(({ status, reason }) => [status, reason]),
    [["False", "PodCompleted"]],
  );
  await world.until("failed", hasPhase("Failed"));
  const retried = await world.until("retried", isWaiting("CrashLoopBackOff"));
  assert.equal(retried.status?.phase, "Running");
});

test("init containers run one after another, before the others", async () => {
  world = await startWorld({ rules: obedient });
  const init = (name: string) => ({ ...main, name, command: ["exit", "0"] });
  await world.create("staged", { initContainers: [init("one"), init("two")] });
  const early = await world.until(
    "staged",
    (pod) => pod?.status?.initContainerStatuses?.[0]?.state?.running !== undefined,
  );
  assert.equal(early.status?.phase, "Pending");
  assert.equal(early.status?.containerStatuses?.[0]?.state?.waiting?.reason, "PodInitializing");
  assert.equal(early.status?.initContainerStatuses?.[1]?.state?.waiting?.reason, "PodInitializing");
  const initialized = early.status?.conditions?.find(({ type }) => type === "Initialized");
  assert.equal(initialized?.message, "containers with incomplete status: [one two]");
  const pod = await world.until("staged", isReady);
  const ends = pod.status?.initContainerStatuses?.map(({ ready, state }) => [ready, state?.terminated?.exitCode]);
  assert.deepEqual(ends, [
    [true, 0],
    [true, 0],
  ]);
});

test("a sidecar starts before the others and outlives them", async () => {
  world = await startWorld({ rules: obedient });
  const sidecar = { ...main, name: "proxy", restartPolicy: "Always" };
  const containers = [{ ...main, command: ["exit", "0"] }];
  await world.create("helped", { restartPolicy: "Never", initContainers: [sidecar], containers });
  const pod = await world.until("helped", hasPhase("Succeeded"));
  const killed = await world.events("helped");
  assert.ok(killed.includes("Normal Killing: Stopping container proxy"));
  assert.equal(pod.status?.initContainerStatuses?.[0]?.name, "proxy");
});

test("an image that no registry has is tried again with a growing back-off", async () => {
  const rules = { pull: () => ({ durationMs: 10, error: "not found" }) };
  world = await startWorld({ rules });
  await world.create("lost");
  const failing = await world.until("lost", isWaiting("ErrImagePull"));
  assert.equal(
    failing.status?.containerStatuses?.[0]?.state?.waiting?.message,
    "rpc error: code = NotFound desc = not found",
  );
  const waiting = await world.until("lost", isWaiting("ImagePullBackOff"));
  assert.equal(
    waiting.status?.containerStatuses?.[0]?.state?.waiting?.message,
    'Back-off pulling image "busybox:1": ErrImagePull: rpc error: code = NotFound desc = not found',
  );
  const told = await world.events("lost");
  assert.ok(
    told.includes('Warning Failed: Failed to pull image "busybox:1": rpc error: code = NotFound desc = not found'),
  );
  assert.ok(told.includes("Warning Failed: Error: ErrImagePull"));
  assert.ok(told.includes('Normal BackOff: Back-off pulling image "busybox:1"'));
});

test("a pod that does not fit is refused for good", async () => {
  world = await startWorld({ maxPods: 1 });
  const resources = { requests: { cpu: "64" } };
  await world.create("huge", { containers: [{ ...main, resources }] });
  const huge = await world.until("huge", hasPhase("Failed"));
  assert.equal(huge.status?.reason, "OutOfcpu");
  assert.equal(
    huge.status?.message,
    "Pod was rejected: Node didn't have enough resource: cpu, requested: 64000, used: 0, capacity: 4000",
  );
  await world.create("fits");
  await world.until("fits", isReady);
  await world.create("late");
  assert.equal((await world.until("late", hasPhase("Failed"))).status?.reason, "OutOfpods");
  await world.create("elsewhere", { nodeSelector: { disk: "ssd" } });
  const reason = (await world.until("elsewhere", hasPhase("Failed"))).status?.reason;
  assert.ok(reason === "NodeAffinity" || reason === "OutOfpods");
  await world.remove("huge");
  await world.until("huge", (pod) => pod === undefined);
});

test("a pod that takes longer than it may has failed", async () => {
  world = await startWorld({ rules: obedient });
  await world.create("late", { activeDeadlineSeconds: 5 });
  const pod = await world.until("late", hasPhase("Failed"));
  assert.equal(pod.status?.reason, "DeadlineExceeded");
  assert.equal(pod.status?.message, "Pod was active on the node longer than the specified deadline");
});

test("after a restart of the kubelet containers run on, and pods that went meanwhile are removed", async () => {
  world = await startWorld({ rules: obedient });
  const readinessProbe = { tcpSocket: { port: 80 }, periodSeconds: 5 };
  await world.create("kept", { containers: [{ ...main, readinessProbe }] });
  const before = await world.until("kept", isReady);
  await world.restart();
  assert.ok(isReady(await world.until("kept", () => true)), "a restart of the kubelet makes no pod unready");
  await world.clock.advance(2000);
  const after = await world.until("kept", isReady);
  assert.equal(after.status?.containerStatuses?.[0]?.containerID, before.status?.containerStatuses?.[0]?.containerID);
  assert.equal(after.status?.containerStatuses?.[0]?.restartCount, 0);
  assert.equal(after.status?.startTime, before.status?.startTime);
});

test("pods that ended with the node run again after its next start, as restarted", async () => {
  world = await startWorld({ rules: obedient });
  await world.create("wanted");
  const before = await world.until("wanted", isReady);
  await world.restart({ keepPods: false });
  const after = await world.until(
    "wanted",
    (pod) => isReady(pod) && pod?.status?.containerStatuses?.[0]?.restartCount === 1,
  );
  assert.notEqual(
    after.status?.containerStatuses?.[0]?.containerID,
    before.status?.containerStatuses?.[0]?.containerID,
  );
  assert.equal((await world.runtime.runtime.listPodSandboxes()).length, 1);
});

test("a new image replaces the container, in the same sandbox", async () => {
  world = await startWorld({ rules: obedient });
  await world.create("updated");
  const before = await world.until("updated", isReady);
  const body = [{ op: "replace", path: "/spec/containers/0/image", value: "busybox:2" }];
  await world.client.patch(pods, { namespace: "default", name: "updated" }, { type: "json", body });
  const after = await world.until(
    "updated",
    (pod) => isReady(pod) && pod?.status?.containerStatuses?.[0]?.restartCount === 1,
  );
  assert.equal(after.status?.podIP, before.status?.podIP);
  assert.equal(after.status?.containerStatuses?.[0]?.image, "busybox:2");
  assert.ok(
    (await world.events("updated")).includes("Normal Killing: Container main definition changed, will be restarted"),
  );
});

test("a lost sandbox is replaced together with its containers", async () => {
  world = await startWorld({ rules: obedient });
  await world.create("uprooted");
  const before = await world.until("uprooted", isReady);
  const [sandbox] = await world.runtime.runtime.listPodSandboxes();
  await world.drive(world.runtime.runtime.stopPodSandbox(sandbox!.id));
  const after = await world.until("uprooted", (pod) => isReady(pod) && pod?.status?.podIP !== before.status?.podIP);
  assert.deepEqual(after.status?.podIPs, [{ ip: after.status?.podIP }]);
  assert.ok(
    (await world.events("uprooted")).includes(
      "Normal SandboxChanged: Pod sandbox changed, it will be killed and re-created.",
    ),
  );
});
