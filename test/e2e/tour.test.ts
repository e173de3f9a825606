import assert from "node:assert/strict";
import { after, afterEach, before, suite, test } from "node:test";
import type { Event, Pod, Service } from "../../src/api/generated/core/v1.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { loopOver, page } from "../support/http.ts";
import { assertNothingLeft, lookAtMachine, type Machine } from "../support/leftovers.ts";
import { type Registry, startRegistry } from "../support/registry.ts";
import { withoutContainers } from "../support/requirements.ts";

interface List<T> {
  readonly items: readonly T[];
}

/** The journey of a deployment as the README tells it, on a clean data directory; each step goes on where the last one ended. */
suite("the tour", { skip: withoutContainers() }, () => {
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
  });
  afterEach((context) => cluster.tell(context));
  after(async () => {
    await registry?.stop();
    await cluster?.remove();
  });

  const pods = async (): Promise<readonly Pod[]> => (await kubectl.get<List<Pod>>("pods", "-l", "app=web")).items;

  test("the node is Ready", async () => {
    await kubectl.ok("wait", "node", "--all", "--for=condition=Ready", "--timeout=10s");
    assert.match(await kubectl.ok("get", "nodes", "-o", "wide"), /containerd:\/\//);
  });

  test("create deployment: three replicas run an image that was pulled", async () => {
    await kubectl.ok("create", "deployment", "web", `--image=${registry.image("web:1")}`, "--replicas=3", "--port=80");
    const said = await kubectl.ok("rollout", "status", "deployment/web", "--timeout=30s");
    assert.match(said, /successfully rolled out/);
    const running = await pods();
    assert.equal(running.length, 3);
    assert.equal(new Set(running.map((pod) => pod.status?.podIP)).size, 3);
    for (const pod of running) assert.equal(pod.status?.phase, "Running");
    const reasons = (await kubectl.get<List<Event>>("events")).items.map((event) => event.reason);
    const usual = ["Scheduled", "Pulling", "Pulled", "Created", "Started", "SuccessfulCreate", "ScalingReplicaSet"];
    for (const reason of usual) assert.ok(reasons.includes(reason), `no event ${reason} among ${reasons.join()}`);
  });

  test("expose: the page is spread over the three pods", async () => {
    await kubectl.ok("expose", "deployment", "web", "--type=NodePort", "--port=80");
    const { spec } = await kubectl.get<Service>("service", "web");
    const nodePort = spec?.ports?.[0]?.nodePort;
    assert.ok(nodePort !== undefined && nodePort >= 30000 && nodePort <= 32767, String(nodePort));
    url = `http://localhost:${nodePort}/`;
    await eventually("the page answers", () => page(url));
    const seen = new Map<string, number>();
    for (let i = 0; i < 90; i++) {
      const body = await page(url);
      seen.set(body, (seen.get(body) ?? 0) + 1);
    }
    const names = (await pods()).map((pod) => `version 1 from ${pod.metadata?.name}\n`);
    assert.deepEqual([...seen.keys()].sort(), names.sort());
    for (const [body, times] of seen) assert.ok(times >= 10, `${body} only ${times} times of 90`);
  });

  test("delete pod: it is replaced, and the page never stops answering", async () => {
    const loop = loopOver(url);
    const [first] = await pods();
    await kubectl.ok("delete", "pod", first!.metadata!.name!, "--wait=false");
    await eventually("three other pods are ready", async () => {
      const ready = (await pods()).filter(isReady);
      return ready.length === 3 && ready.every((pod) => pod.metadata?.uid !== first!.metadata?.uid);
    });
    await kubectl.ok("wait", `pod/${first!.metadata!.name}`, "--for=delete", "--timeout=35s");
    await loop.stop();
  });

  test("scale, watched by get -w", async () => {
    const watching = kubectl.start(["get", "pods", "-l", "app=web", "-w", "--no-headers"]);
    await eventually("the first lines of the watch", () => watching.stdout().split("\n").length > 3);
    await kubectl.ok("scale", "deployment/web", "--replicas=5");
    await kubectl.ok("rollout", "status", "deployment/web", "--timeout=20s");
    assert.equal((await pods()).filter(isReady).length, 5);
    await kubectl.ok("scale", "deployment/web", "--replicas=2");
    await eventually("two pods are left", async () => (await pods()).length === 2, { timeoutMs: 40_000 });
    for (const state of ["Pending", "ContainerCreating", "Running", "Terminating"])
      assert.match(watching.stdout(), new RegExp(`\\b${state}\\b`), `${state} was never shown`);
    await watching.stop();
    await kubectl.ok("scale", "deployment/web", "--replicas=3");
    await kubectl.ok("rollout", "status", "deployment/web", "--timeout=20s");
  });

  test("set image, rollout status, history and undo, without a failing request", async () => {
    const loop = loopOver(url);
    await kubectl.ok("set", "image", "deployment/web", `web=${registry.image("web:2")}`);
    await kubectl.ok("rollout", "status", "deployment/web", "--timeout=40s");
    await eventually("only the new page", async () => (await tenPages()).every((body) => body.startsWith("version 2")));
    const history = await kubectl.ok("rollout", "history", "deployment/web");
    assert.match(history, /^1 +<none>\n2 +<none>$/m);
    assert.match(await kubectl.ok("rollout", "history", "deployment/web", "--revision=1"), /web:1/);
    await kubectl.ok("rollout", "undo", "deployment/web");
    await kubectl.ok("rollout", "status", "deployment/web", "--timeout=40s");
    await eventually("the old page", async () => (await tenPages()).every((body) => body.startsWith("version 1")));
    assert.match(await kubectl.ok("rollout", "history", "deployment/web"), /^2 +<none>\n3 +<none>$/m);
    await loop.stop();
  });

  test("describe tells what there is", async () => {
    const deployment = await kubectl.ok("describe", "deployment", "web");
    assert.match(deployment, /Replicas: +3 desired \| 3 updated \| 3 total \| 3 available \| 0 unavailable/);
    const [pod] = await eventually("three pods and none that ends", async () => {
      const list = await pods();
      return list.length === 3 && list.every(isReady) && list;
    });
    const described = await kubectl.ok("describe", "pod", pod!.metadata!.name!);
    for (const line of [/^Status: +Running$/m, /Ready +True/, /Normal +Started/, /kube-api-access-/])
      assert.match(described, line);
    assert.match(await kubectl.ok("describe", "node"), /Non-terminated Pods: +\(3 in total\)/);
    assert.match(await kubectl.ok("describe", "service", "web"), /Endpoints: +[\d.]+:80,[\d.]+:80/);
  });

  test("delete: nothing of it is left in the cluster", async () => {
    await kubectl.ok("delete", "deployment,service", "web", "--timeout=40s");
    const left = async (): Promise<string> =>
      await kubectl.ok("get", "pods,replicasets,endpointslices", "-l", "app=web", "-o", "name");
    await eventually("pods, replica sets and slices are gone", async () => (await left()) === "", {
      timeoutMs: 40_000,
    });
    await assert.rejects(page(url));
  });

  test("down leaves nothing on the machine", async () => {
    const down = await cluster.down();
    assert.equal(down.code, 0, down.stderr);
    await assertNothingLeft(machine, cluster);
  });

  function tenPages(): Promise<string[]> {
    return Promise.all(Array.from({ length: 10 }, () => page(url)));
  }
});

function isReady(pod: Pod): boolean {
  const ready = pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
  return ready === true && pod.metadata?.deletionTimestamp === undefined;
}
