import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { systemClock } from "../../../base/clock.ts";
import { silentLogger } from "../../../base/log.ts";
import { mountPoints } from "../../host/mounts.ts";
import type { ContainerSecurityContext } from "../config.ts";
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

describe("ways to run pods", { skip }, () => {
  test("one that the machine has is offered and taken, and another one refused", async () => {
    const alive = setInterval(() => {}, 60_000);
    const programs = await mkdtemp(join(tmpdir(), "wherry-programs-"));
    const calls = join(programs, "calls");
    const { PATH: path } = process.env;
    // runc under another name, which tells that it was called.
    const script = `#!/bin/sh\necho "$*" >> ${calls}\nPATH=${path} exec runc "$@"\n`;
    await writeFile(join(programs, "crun"), script, { mode: 0o755 });
    process.env.PATH = `${programs}:${path}`;
    const { handle, dataDirectory } = await startContainerd();
    process.env.PATH = path;
    try {
      const { runtime } = handle.runtime;
      const { handlers, info } = await runtime.status();
      assert.deepEqual([handlers?.map(({ name }) => name).sort(), info], [["", "crun", "runc"], {}]);
      const namespaceOptions = { network: "NODE", pid: "CONTAINER", ipc: "POD" } as const;
      const sandbox = (uid: string) => ({
        metadata: { name: uid, uid, namespace: "default", attempt: 0 },
        hostname: "",
        logDirectory: join(dataDirectory, "logs"),
        labels: handle.labels,
        annotations: {},
        linux: {
          cgroupParent: `${handle.cgroupRoot}/${uid}`,
          securityContext: { namespaceOptions, privileged: false },
        },
      });
      const pod = await runtime.runPodSandbox(sandbox("other"), { runtimeHandler: "crun" });
      assert.match(await readFile(calls, "utf8"), new RegExp(` create .*${pod}`));
      const none = 'no runtime for "none" is configured';
      await assert.rejects(runtime.runPodSandbox(sandbox("none"), { runtimeHandler: "none" }), new RegExp(none));
    } finally {
      await handle.stop();
      for (const directory of [dataDirectory, programs]) await rm(directory, { recursive: true, force: true });
      clearInterval(alive);
    }
  });
});

describe("AppArmor profiles", { skip: skip ?? (await appArmorIsOn()) }, () => {
  test("reach containerd, which refuses them where the kernel enforces none", async () => {
    const alive = setInterval(() => {}, 60_000);
    const { handle, dataDirectory } = await startContainerd();
    try {
      const { runtime } = handle.runtime;
      const namespaceOptions = { network: "NODE", pid: "CONTAINER", ipc: "POD" } as const;
      const privileges = { namespaceOptions, privileged: false };
      const config = {
        metadata: { name: "armoured", uid: "armoured", namespace: "default", attempt: 0 },
        hostname: "",
        logDirectory: join(dataDirectory, "logs"),
        labels: handle.labels,
        annotations: {},
        linux: { cgroupParent: `${handle.cgroupRoot}/armoured`, securityContext: privileges },
      };
      const pod = await runtime.runPodSandbox(config);
      const create = (name: string, profile: Pick<ContainerSecurityContext, "apparmor" | "apparmorProfile">) =>
        runtime.createContainer(
          pod,
          {
            ...{ metadata: { name, attempt: 0 }, image: { image: SHELL_IMAGE }, command: ["/bin/sh"], args: [] },
            ...{ workingDir: "", envs: [], mounts: [], labels: handle.labels, annotations: {}, logPath: `${name}.log` },
            ...{ stdin: false, stdinOnce: false, tty: false },
            linux: {
              resources: {},
              securityContext: { ...privileges, readonlyRootfs: false, noNewPrivs: false, ...profile },
            },
          },
          config,
        );
      assert.notEqual(await create("none", {}), "");
      const named = { apparmor: { profileType: "Localhost", localhostRef: "a" } } as const;
      for (const profile of [named, { apparmorProfile: "localhost/a" }]) {
        await assert.rejects(create("one", profile), /apparmor is not supported/);
      }
    } finally {
      await handle.stop();
      await rm(dataDirectory, { recursive: true, force: true });
      clearInterval(alive);
    }
  });
});

async function appArmorIsOn(): Promise<string | false> {
  const enabled = await readFile("/sys/module/apparmor/parameters/enabled", "utf8").catch(() => "N");
  return enabled.startsWith("Y") && "profiles are enforced here, and none is loaded for tests";
}

async function shims(socket: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const command = await readFile(`/proc/${entry}/cmdline`, "utf8").catch(() => "");
    if (command.includes("containerd-shim") && command.split("\0").includes(socket)) found.push(entry);
  }
  return found;
}
