import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { after, afterEach, before, suite, test } from "node:test";
import type { Pod } from "../../src/api/generated/core/v1.ts";
import { type Cluster, startCluster, wherry } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { loopOver, page } from "../support/http.ts";
import { assertNothingLeft, lookAtMachine, type Machine } from "../support/leftovers.ts";
import { shellPod, WAIT_FOREVER } from "../support/objects.ts";
import { type Registry, startRegistry } from "../support/registry.ts";
import { withoutContainers } from "../support/requirements.ts";
import { start } from "../support/run.ts";

/** What a pod's containers are known by, and how often each was started again. */
type Containers = Record<string, string>;

suite("stop and start again", { skip: withoutContainers() }, () => {
  let machine: Machine;
  let registry: Registry;
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];
  let url: string;

  before(async () => {
    registry = await startRegistry();
    machine = await lookAtMachine();
    cluster = await startCluster();
    kubectl = cluster.kubectl;
    await kubectl.ok("create", "deployment", "web", `--image=${registry.image("web:1")}`, "--replicas=2", "--port=80");
    await kubectl.ok("expose", "deployment", "web", "--type=NodePort", "--port=80");
    await kubectl.apply(shellPod("alone", registry.image("busybox:1"), WAIT_FOREVER));
    await kubectl.ok("rollout", "status", "deployment/web", "--timeout=30s");
    await kubectl.ok("wait", "pod/alone", "--for=condition=Ready", "--timeout=20s");
    url = `http://localhost:${await kubectl.ok("get", "service", "web", "-o", "jsonpath={.spec.ports[0].nodePort}")}/`;
    await eventually("the page answers", () => page(url));
  });
  afterEach((context) => cluster.tell(context));
  after(async () => {
    await registry?.stop();
    await cluster?.remove();
  });

  async function containers(): Promise<Containers> {
    const { items } = await kubectl.get<{ items: Pod[] }>("pods");
    const statuses = items.flatMap((pod) =>
      (pod.status?.containerStatuses ?? []).map(
        (status) => [`${pod.metadata?.name}`, `${status.containerID} ${status.restartCount}`] as const,
      ),
    );
    return Object.fromEntries(statuses);
  }

  const allReady = async (): Promise<void> => {
    await kubectl.ok("wait", "pod", "--all", "--for=condition=Ready", "--timeout=30s");
    await kubectl.ok("rollout", "status", "deployment/web", "--timeout=30s");
  };

  test("killed: pods run on and answer, and are found again", async () => {
    const before = await containers();
    assert.equal(Object.keys(before).length, 3);
    const loop = loopOver(url);
    await cluster.kill();
    await page(url);
    await cluster.up();
    await allReady();
    await eventually("the node tells of itself", () => kubectl.ok("exec", "alone", "--", "true").then(() => true));
    assert.deepEqual(await containers(), before);
    await loop.stop();
  });

  test("a second up, and another start of the same directory, leave the first alone", async () => {
    const second = await wherry("up", "--data-dir", cluster.dataDirectory);
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stderr, /already runs/);
    const words = ["--port", String(await freePort())];
    const third = await wherry("apiserver", "--data-dir", cluster.dataDirectory, ...words);
    assert.equal(third.code, 5, third.stderr);
    assert.match(third.stderr, /in use|already/);
    await kubectl.ok("get", "--raw", "/readyz");
  });

  test("down --keep-pods: they answer meanwhile, and are found again", async () => {
    const before = await containers();
    const loop = loopOver(url);
    const down = await cluster.down("--keep-pods");
    assert.equal(down.code, 0, down.stderr);
    assert.match(down.stderr, /pods keep running/);
    await page(url);
    await cluster.up();
    await allReady();
    assert.deepEqual(await containers(), before);
    await loop.stop();
  });

  test("containers that ended while nobody looked are started again", async () => {
    const pid = await processOf("alone");
    await cluster.kill();
    process.kill(pid, "SIGKILL");
    await cluster.up();
    await eventually("a restart is counted", async () => {
      const { status } = await kubectl.get<Pod>("pod", "alone");
      return status?.containerStatuses?.[0]?.restartCount === 1 && status.containerStatuses[0].ready;
    });
    await allReady();
  });

  test("down and up: the same objects, their pods run again", async () => {
    const names = await kubectl.ok("get", "deployments,services,replicasets,nodes,namespaces", "-o", "name");
    const uid = await kubectl.ok("get", "deployment", "web", "-o", "jsonpath={.metadata.uid}");
    assert.equal((await cluster.down()).code, 0);
    await assertNothingLeft(machine, cluster);
    assert.equal(existsSync(cluster.dataDirectory), true);
    await cluster.up();
    await allReady();
    assert.equal(await kubectl.ok("get", "deployments,services,replicasets,nodes,namespaces", "-o", "name"), names);
    assert.equal(await kubectl.ok("get", "deployment", "web", "-o", "jsonpath={.metadata.uid}"), uid);
    await eventually("the page answers on its old port", () => page(url));
  });

  test("killed and then only down: nothing is left, the data neither when asked", async () => {
    await cluster.kill();
    const down = await cluster.down("--delete-data");
    assert.equal(down.code, 0, down.stderr);
    await assertNothingLeft(machine, cluster);
    assert.equal(existsSync(cluster.dataDirectory), false);
  });

  for (const step of ["store", "scheduler", "runtime"]) {
    test(`interrupted after the step "${step}" of a start: it ends soon, and nothing is left`, async () => {
      const words = ["up", "--data-dir", cluster.dataDirectory, "--port", String(cluster.port)];
      const program = start(process.execPath, ["src/main.ts", ...words]);
      await eventually(step, () => program.stderr().includes(`✓ ${step} `));
      const begun = performance.now();
      await program.stop("SIGINT");
      assert.ok(performance.now() - begun < 10_000, program.stderr());
      assert.doesNotMatch(program.stderr(), /^ +at /m);
      await assertNothingLeft(machine, cluster);
    });
  }

  /** Process id on this machine of a pod's first process, number 1 of its own: the pod's others may be listed before it. */
  async function processOf(name: string): Promise<number> {
    const id = (await containers())[name]!.match(/containerd:\/\/([0-9a-f]+)/)![1]!;
    const pid = readdirSync("/proc").find((entry) => {
      if (!/^\d+$/.test(entry)) return false;
      try {
        if (!readFileSync(`/proc/${entry}/cgroup`, "utf8").includes(id)) return false;
        return /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${entry}/status`, "utf8"));
      } catch {
        return false;
      }
    });
    assert.ok(pid !== undefined, `no process of container ${id}`);
    return Number(pid);
  }
});
