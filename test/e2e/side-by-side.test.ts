import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, suite, test } from "node:test";
import { type Cluster, startCluster, wherry } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { page } from "../support/http.ts";
import { assertNothingLeft, lookAtMachine, type Machine } from "../support/leftovers.ts";
import { shellPod, WAIT_FOREVER } from "../support/objects.ts";
import { type Registry, startRegistry } from "../support/registry.ts";
import { withoutContainers } from "../support/requirements.ts";

suite("two clusters on one machine", { skip: withoutContainers() }, () => {
  let machine: Machine;
  let registry: Registry;
  let first: Cluster;
  let second: Cluster;

  before(async () => {
    registry = await startRegistry();
    machine = await lookAtMachine();
    [first, second] = await Promise.all([startCluster(), startCluster()]);
  });
  afterEach((context) => Promise.all([first.tell(context), second.tell(context)]));
  after(async () => {
    await registry?.stop();
    await first?.remove();
    await second?.remove();
  });

  async function serve({ kubectl }: Cluster, image: string): Promise<string> {
    await kubectl.ok("create", "deployment", "web", `--image=${registry.image(image)}`, "--replicas=2", "--port=80");
    await kubectl.ok("expose", "deployment", "web", "--type=NodePort", "--port=80");
    await kubectl.ok("rollout", "status", "deployment/web", "--timeout=30s");
    return `http://localhost:${await kubectl.ok("get", "service", "web", "-o", "jsonpath={.spec.ports[0].nodePort}")}/`;
  }

  test("each has its own pods, services and addresses", async () => {
    const one = await serve(first, "web:1");
    const two = await serve(second, "web:2");
    for (let i = 0; i < 10; i++) {
      assert.match(await eventually("the first answers", () => page(one)), /^version 1 /);
      assert.match(await eventually("the second answers", () => page(two)), /^version 2 /);
    }
    const addresses = async ({ kubectl }: Cluster): Promise<string[]> =>
      (await kubectl.ok("get", "pods", "-o", "jsonpath={.items[*].status.podIP}")).split(" ");
    const all = [...(await addresses(first)), ...(await addresses(second))];
    assert.equal(new Set(all).size, 4, all.join());
  });

  test("DNS and the API server inside each are its own", async () => {
    for (const { kubectl } of [first, second]) {
      await kubectl.apply(shellPod("client", registry.image("tools:1"), WAIT_FOREVER));
      await kubectl.ok("wait", "pod/client", "--for=condition=Ready", "--timeout=20s");
    }
    for (const [cluster, version] of [
      [first, 1],
      [second, 2],
    ] as const) {
      const curl = (...words: string[]) => cluster.kubectl.ok("exec", "client", "--", "curl", "-sS", "-m5", ...words);
      assert.match(await curl("http://web"), new RegExp(`^version ${version} `));
      assert.equal(await curl("-k", "https://kubernetes/readyz"), "ok");
    }
  });

  test("one ends and leaves the other as it is", async () => {
    assert.equal((await first.down()).code, 0);
    assert.equal((await second.kubectl("get", "pods")).code, 0);
    const again = await second.kubectl.ok("exec", "client", "--", "curl", "-sS", "-m5", "http://web");
    assert.match(again, /^version 2 /);
  });

  test("a cluster whose pods' addresses another one has says so, and touches nothing", async () => {
    const facts = (cluster: Cluster): string => join(cluster.dataDirectory, "cluster.json");
    const own = readFileSync(facts(first));
    copyFileSync(facts(second), facts(first));
    const up = await wherry("up", "--data-dir", first.dataDirectory, "--port", String(first.port));
    assert.equal(up.code, 5, up.stderr);
    assert.match(up.stderr, /addresses of this cluster's pods, \S+, are in use by .*: stop it first/);
    writeFileSync(facts(first), own);
    const again = await second.kubectl.ok("exec", "client", "--", "curl", "-sS", "-m5", "http://web");
    assert.match(again, /^version 2 /);
  });

  test("both end and leave nothing", async () => {
    assert.equal((await second.down()).code, 0);
    await assertNothingLeft(machine, first);
    await assertNothingLeft(machine, second);
  });
});
