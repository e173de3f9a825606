import assert from "node:assert/strict";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { systemClock } from "../../../base/clock.ts";
import { silentLogger } from "../../../base/log.ts";
import { mountPoints } from "../../host/mounts.ts";
import { runtimeConformance } from "../conformance.ts";
import { ensureContainerd } from "./ensure.ts";
import { clusterId } from "./paths.ts";
import { reasonToSkip, SHELL_IMAGE, startContainerd } from "./testing/private-world.ts";

const skip = await reasonToSkip();

runtimeConformance(
  "containerd",
  async () => {
    const { handle, dataDirectory } = await startContainerd();
    return {
      runtime: handle.runtime,
      image: SHELL_IMAGE,
      missingImage: "127.0.0.1:1/missing:1",
      commands: {
        forever: ["/bin/sh", "-c", "trap 'exit 0' TERM; while true; do sleep 1 & wait $!; done"],
        exit: (code) => ["/bin/sh", "-c", `exit ${code}`],
        echo: (text) => ["/bin/echo", text],
        impossible: ["/there/is/no/such/program"],
      },
      cgroupParent: `${handle.cgroupRoot}/kubepods`,
      logDirectory: join(dataDirectory, "logs"),
      async close() {
        await handle.stop();
        await rm(dataDirectory, { recursive: true });
      },
    };
  },
  skip,
);

describe("private containerd", { skip }, () => {
  const cleanups: (() => Promise<void>)[] = [];
  after(async () => {
    for (const cleanup of cleanups) await cleanup();
  });

  test("leaves nothing behind, whatever ran in it", async () => {
    const { handle, dataDirectory } = await startContainerd();
    cleanups.push(() => rm(dataDirectory, { recursive: true, force: true }));
    const { runtime } = handle.runtime;
    const namespaceOptions = { network: "POD", pid: "CONTAINER", ipc: "POD" } as const;
    const pod = await runtime.runPodSandbox({
      metadata: { name: "left", uid: "left", namespace: "default", attempt: 0 },
      hostname: "left",
      logDirectory: join(dataDirectory, "logs"),
      labels: handle.labels,
      annotations: {},
      linux: { cgroupParent: `${handle.cgroupRoot}/left`, securityContext: { namespaceOptions, privileged: false } },
    });
    assert.equal((await runtime.podSandboxStatus(pod)).ips.length, 1);
    await handle.stop();
    const id = clusterId(dataDirectory);
    assert.deepEqual(
      (await mountPoints()).filter((path) => path.includes(id) || path.startsWith(dataDirectory)),
      [],
    );
    assert.ok(!(await readdir("/run").catch((): string[] => [])).includes(id));
    assert.ok(!(await readdir("/sys/class/net")).includes(handle.bridge));
    assert.deepEqual(await shims(handle.socket), []);
    for (const hierarchy of await readdir("/sys/fs/cgroup")) {
      const groups = await readdir(join("/sys/fs/cgroup", hierarchy)).catch((): string[] => []);
      assert.ok(!groups.includes(`wherry-${id}`), `${hierarchy} holds the cgroup of a stopped cluster`);
    }
  });

  test("finds its pods again after a restart, and is taken over when it outlived its program", async () => {
    const first = await startContainerd();
    const { dataDirectory } = first;
    cleanups.push(() => rm(dataDirectory, { recursive: true, force: true }));
    const namespaceOptions = { network: "POD", pid: "CONTAINER", ipc: "POD" } as const;
    const pod = await first.handle.runtime.runtime.runPodSandbox({
      metadata: { name: "kept", uid: "kept", namespace: "default", attempt: 0 },
      hostname: "kept",
      logDirectory: join(dataDirectory, "logs"),
      labels: first.handle.labels,
      annotations: {},
      linux: {
        cgroupParent: `${first.handle.cgroupRoot}/kept`,
        securityContext: { namespaceOptions, privileged: false },
      },
    });
    await first.handle.stop({ keepPods: true });
    const options = { dataDirectory, clock: systemClock, log: silentLogger, useSystem: false };
    const second = await ensureContainerd(options);
    assert.equal((await second.runtime.runtime.podSandboxStatus(pod)).state, "SANDBOX_READY");
    const third = await ensureContainerd(options);
    assert.equal((await third.runtime.runtime.podSandboxStatus(pod)).state, "SANDBOX_READY");
    await third.stop();
    await second.stop({ keepPods: true });
  });
});

async function shims(socket: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const command = await readFile(`/proc/${entry}/cmdline`, "utf8").catch(() => "");
    if (command.includes("containerd-shim") && command.split("\0").includes(socket)) found.push(entry);
  }
  return found;
}
