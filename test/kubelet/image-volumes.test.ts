import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { ContainerConfig } from "../../src/kubelet/cri/config.ts";
import { isReady, isWaiting, main, startWorld, type World } from "./world.ts";

let world: World;
afterEach(() => world.close());

const MIB = 1024 ** 2;
const REGISTRY = {
  pull: (image: string) =>
    image.startsWith("missing") ? { durationMs: 100, error: "not found" } : { durationMs: 500, sizeBytes: 1000 },
};
const volume = (reference: string, pullPolicy = "IfNotPresent") => ({
  name: "model",
  image: { reference, pullPolicy },
});
const mounting = { ...main, volumeMounts: [{ name: "model", mountPath: "/model" }] };

/** What containers were made of, by their name. */
function madeContainers(): Map<string, ContainerConfig> {
  const made = new Map<string, ContainerConfig>();
  const { runtime } = world.runtime;
  const createContainer = runtime.createContainer.bind(runtime);
  runtime.createContainer = (sandbox, config, sandboxConfig) => {
    made.set(config.metadata.name, config);
    return createContainer(sandbox, config, sandboxConfig);
  };
  return made;
}

test("an image is fetched for a volume as for a container, and the runtime mounts it read-only", async () => {
  world = await startWorld({ rules: REGISTRY });
  const made = madeContainers();
  const part = { name: "model", mountPath: "/part", subPathExpr: "weights/$(SIZE)" };
  const container = {
    ...mounting,
    env: [{ name: "SIZE", value: "small" }],
    volumeMounts: [...mounting.volumeMounts, part],
  };
  await world.create("p", { volumes: [volume("model:1")], containers: [container] });
  const found = await world.until("p", isReady);
  const told = await world.events("p");
  const pulls = told.filter((event) => event.includes("model:1"));
  assert.deepEqual(pulls, [
    'Normal Pulling: Pulling image "model:1"',
    'Normal Pulled: Successfully pulled image "model:1" in 500ms (500ms including waiting). Image size: 1000 bytes.',
  ]);
  const { id } = (await world.runtime.images.imageStatus("model:1"))!;
  const shared = { hostPath: "", image: { image: id, userSpecifiedImage: "model:1" }, readonly: true };
  const propagation = "PROPAGATION_PRIVATE";
  assert.deepEqual(made.get("main")?.mounts.slice(0, 2), [
    { containerPath: "/model", ...shared, propagation },
    { containerPath: "/part", ...shared, imageSubPath: "weights/small", propagation },
  ]);
  const [shown] = found.status?.containerStatuses?.[0]?.volumeMounts ?? [];
  assert.deepEqual([shown?.name, shown?.mountPath], ["model", "/model"]);

  await world.create("q", { volumes: [volume("model:1", "Never")], containers: [mounting] });
  await world.until("q", isReady);
  const present = 'Normal Pulled: Container image "model:1" already present on machine and can be accessed by the pod';
  assert.ok((await world.events("q")).includes(present));
});

test("a volume's image that cannot be had keeps the containers that mount it waiting, with growing back-off", async () => {
  world = await startWorld({ rules: REGISTRY });
  const other = { ...main, name: "other" };
  await world.create("p", { volumes: [volume("missing:1")], containers: [mounting, other] });
  const waiting = async (reason: string) => {
    const found = await world.until("p", isWaiting(reason));
    return found.status?.containerStatuses?.find(({ name }) => name === "main")?.state?.waiting?.message;
  };
  const cause = "rpc error: code = NotFound desc = not found";
  assert.equal(await waiting("ErrImagePull"), cause);
  assert.equal(await waiting("ImagePullBackOff"), `Back-off pulling image "missing:1": ErrImagePull: ${cause}`);
  const running = await world.until("p", (found) =>
    (found?.status?.containerStatuses ?? []).some(
      ({ name, state }) => name === "other" && state?.running !== undefined,
    ),
  );
  assert.equal(running.status?.phase, "Pending");
  const told = await world.events("p");
  for (const event of [
    `Warning Failed: Failed to pull image "missing:1": ${cause}`,
    "Warning Failed: Error: ErrImagePull",
    'Normal BackOff: Back-off pulling image "missing:1"',
  ])
    assert.ok(told.includes(event), event);

  await world.create("never", { volumes: [volume("missing:1", "Never")], containers: [mounting] });
  const never = await world.until("never", isWaiting("ErrImageNeverPull"));
  const message = 'Container image "missing:1" is not present with pull policy of Never';
  assert.equal(never.status?.containerStatuses?.[0]?.state?.waiting?.message, message);
  await world.create("named", { volumes: [volume("Missing:1")], containers: [mounting] });
  await world.until("named", isWaiting("InvalidImageName"));
});

test("a volume's image that no container mounts may be missing", async () => {
  world = await startWorld({ rules: REGISTRY });
  await world.create("p", { volumes: [volume("missing:1")], containers: [main] });
  await world.until("p", isReady);
  assert.ok((await world.events("p")).some((event) => event.startsWith("Warning Failed: Failed to pull image")));
});

test("an image that a volume shows is not collected while its pod runs", async () => {
  const disk = { device: "d", totalBytes: 1000 * MIB, availableBytes: 500 * MIB, inodes: 1000, inodesFree: 900 };
  world = await startWorld({
    rules: REGISTRY,
    host: {
      isNeverScarce: false,
      usage: async () => ({ memoryAvailableBytes: 1000 * MIB, processes: 1, maxProcesses: 1000 }),
      filesystem: async () => ({ ...disk }),
    },
  });
  await world.create("p", { volumes: [volume("model:1")], containers: [mounting] });
  await world.until("p", isReady);
  // 85% full: images are collected, pods are not evicted yet.
  disk.availableBytes = 150 * MIB;
  await world.clock.advance(20 * 60_000);
  assert.notEqual(await world.runtime.images.imageStatus("model:1"), undefined);
  await world.remove("p", 0);
  await world.until("p", (found) => found === undefined);
  await world.clock.advance(20 * 60_000);
  assert.equal(await world.runtime.images.imageStatus("model:1"), undefined);
});
