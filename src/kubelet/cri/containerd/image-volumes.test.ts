import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { systemClock } from "../../../base/clock.ts";
import { silentLogger } from "../../../base/log.ts";
import { runCommand } from "../../../base/run-command.ts";
import { mountPoints } from "../../host/mounts.ts";
import type { ContainerConfig, Mount } from "../config.ts";
import { type ContainerdHandle, ensureContainerd } from "./ensure.ts";
import { mountsImages } from "./image-volumes.ts";
import { mountCall } from "./snapshot-mount.ts";
import { layered, reasonToSkip, SHELL_IMAGE, startContainerd } from "./testing/private-world.ts";

test("containerd mounts images and directories of images by itself from 2.2 on", () => {
  const versions = ["1.6.20~ds1", "v1.7.27", "v2.0.5", "2.1.4", "v2.2.0", "v2.2.0-rc.1", "v3.0.1", "unknown"];
  assert.deepEqual(versions.filter(mountsImages), ["v2.2.0", "v2.2.0-rc.1", "v3.0.1"]);
});

test("layers are named from the directory that they have in common, for the kernel takes one page of options", () => {
  const layers = Array.from({ length: 100 }, (_, index) => `/data/${"long/".repeat(20)}snapshots/${index}/fs`);
  const overlay = { type: "overlay", source: "overlay", options: ["index=off", `lowerdir=${layers.join(":")}`] };
  const { args, directory } = mountCall(overlay, "/target");
  assert.equal(directory, `/data/${"long/".repeat(20)}snapshots`);
  const options = `index=off,lowerdir=${layers.map((_, index) => `${index}/fs`).join(":")}`;
  assert.deepEqual(args, ["-t", "overlay", "-o", options, "overlay", "/target"]);
  const bind = { type: "bind", source: "/data/1/fs", options: ["ro", "rbind"] };
  assert.deepEqual(mountCall(bind, "/target"), { args: ["-o", "ro,rbind", "/data/1/fs", "/target"] });
});

const IMAGE = "wherry.local/shown:1";
const SINGLE = "wherry.local/single:1";
const PRIVILEGES = {
  privileged: false,
  readonlyRootfs: false,
  noNewPrivs: false,
  namespaceOptions: { network: "NODE", pid: "CONTAINER", ipc: "POD" },
} as const;
const FOREVER = ["/bin/sh", "-c", "trap 'exit 0' TERM; while true; do sleep 1 & wait $!; done"];

describe("images that containers mount", { skip: await reasonToSkip() }, () => {
  let handle: ContainerdHandle;
  let dataDirectory: string;
  let counter = 0;
  // The system clock's timers keep no process waiting, and while containerd starts there is nothing else.
  let alive: NodeJS.Timeout;
  before(async () => {
    alive = setInterval(() => {}, 60_000);
    ({ handle, dataDirectory } = await startContainerd());
    const text = (content: string) => Buffer.from(content);
    const lower = [
      { name: "data/" },
      { name: "data/lower", content: text("from the lower layer") },
      { name: "data/both", content: text("hidden") },
      { name: "data/out", linkTarget: "/proc" },
      { name: "data/away", linkTarget: "../../../../../etc" },
    ];
    const upper = [{ name: "data/both", content: text("from the upper layer") }];
    await handle.importImage(layered(IMAGE, lower, upper), IMAGE);
    await handle.importImage(layered(SINGLE, [{ name: "only", content: text("one layer") }]), SINGLE);
  });
  after(async () => {
    await handle?.stop();
    clearInterval(alive);
    if (dataDirectory !== undefined) await rm(dataDirectory, { recursive: true, force: true });
  });

  const shown = (containerPath: string, image: string, imageSubPath?: string): Mount => ({
    ...{ containerPath, hostPath: "", readonly: true, image: { image } },
    ...(imageSubPath !== undefined && { imageSubPath }),
  });

  async function sandbox() {
    const uid = `image-volumes-${counter++}`;
    const config = {
      metadata: { name: uid, uid, namespace: "default", attempt: 0 },
      hostname: "",
      logDirectory: join(dataDirectory, "logs"),
      labels: handle.labels,
      annotations: {},
      linux: { cgroupParent: `${handle.cgroupRoot}/${uid}`, securityContext: PRIVILEGES },
    };
    const pod = await handle.runtime.runtime.runPodSandbox(config);
    const create = (mounts: readonly Mount[]) => {
      const name = `c${counter++}`;
      const container: ContainerConfig = {
        ...{ metadata: { name, attempt: 0 }, image: { image: SHELL_IMAGE }, command: FOREVER, args: [] },
        ...{ workingDir: "", envs: [], mounts, labels: handle.labels, annotations: {}, logPath: `${name}.log` },
        ...{ stdin: false, stdinOnce: false, tty: false },
        linux: { resources: {}, securityContext: PRIVILEGES },
      };
      return handle.runtime.runtime.createContainer(pod, container, config);
    };
    return { pod, create };
  }

  async function inside(id: string, script: string): Promise<string> {
    const { stdout, stderr } = await handle.runtime.runtime.execSync(id, ["/bin/sh", "-c", script], 10);
    return `${stdout}${stderr}`.trim();
  }

  /** Keys of snapshots that were made for mounts of images. */
  async function views(): Promise<string[]> {
    const args = ["--address", handle.socket, "--namespace", "k8s.io", "snapshots", "list"];
    const { stdout } = await runCommand(handle.machine.programs.ctr!, args);
    return stdout.split("\n").filter((line) => line.includes("image-volumes"));
  }

  const mounted = async () => (await mountPoints()).filter((path) => path.includes("/image-volumes/"));

  test("containers of a pod see all layers, read-only, whole or in part, and nothing stays after the pod", async () => {
    const { pod, create } = await sandbox();
    const { runtime, images } = handle.runtime;
    const id = (await images.imageStatus(IMAGE))!.id;
    const [one, two] = await Promise.all([
      create([shown("/shown", id), shown("/part", IMAGE, "data"), shown("/single", SINGLE)]),
      create([shown("/shown", id)]),
    ]);
    for (const container of [one, two]) await runtime.startContainer(container);
    assert.equal(await inside(one, "cat /shown/data/lower"), "from the lower layer");
    assert.equal(await inside(two, "cat /shown/data/both"), "from the upper layer");
    assert.equal(await inside(one, "ls /part"), "away\nboth\nlower\nout");
    assert.equal(await inside(one, "cat /single/only"), "one layer");
    assert.match(await inside(one, "touch /shown/data/new"), /Read-only file system/);
    await runtime.stopPodSandbox(pod);
    assert.deepEqual([await mounted(), await views()], [[], []]);
    await runtime.removePodSandbox(pod);
    assert.deepEqual(await readdir(join(dataDirectory, "containerd", "image-volumes")), []);
  });

  test("what lies outside of the image, is no directory or is not there is refused", async () => {
    const { pod, create } = await sandbox();
    const cases: readonly (readonly [string, RegExp])[] = [
      ["data/none", /ImageVolumeMountFailed: subpath "data\/none" is not in the image/],
      ["data/lower", /ImageVolumeMountFailed: only a directory can be a subpath of an image, "data\/lower" is none/],
      ["data/out", /ImageVolumeMountFailed: subpath "data\/out" leads out of the image/],
      ["data/away", /ImageVolumeMountFailed: subpath "data\/away" (leads out of|is not in) the image/],
      ["../..", /ImageVolumeMountFailed: subpath "..\/.." leads out of the image/],
    ];
    for (const [subPath, message] of cases) await assert.rejects(create([shown("/part", IMAGE, subPath)]), message);
    await assert.rejects(create([{ ...shown("/x", IMAGE), readonly: false }]), /can be mounted read-only alone/);
    await handle.runtime.runtime.removePodSandbox(pod);
    assert.deepEqual([await mounted(), await views()], [[], []]);
  });

  test("an image that is removed meanwhile stays where it is mounted, also over a restart", async () => {
    const { pod, create } = await sandbox();
    const id = await create([shown("/shown", IMAGE)]);
    await handle.runtime.runtime.startContainer(id);
    await handle.stop({ keepPods: true });
    handle = await ensureContainerd({ dataDirectory, clock: systemClock, log: silentLogger, useSystem: false });
    await handle.runtime.images.removeImage((await handle.runtime.images.imageStatus(IMAGE))!.id);
    assert.equal(await inside(id, "cat /shown/data/lower"), "from the lower layer");
    assert.equal((await views()).length, 1);
    await handle.runtime.runtime.removePodSandbox(pod);
    assert.deepEqual([await mounted(), await views()], [[], []]);
  });
});
