import assert from "node:assert/strict";
import { after, afterEach, before, suite, test } from "node:test";
import type { Deployment } from "../../src/api/generated/apps/v1.ts";
import type { Node, Pod, Service } from "../../src/api/generated/core/v1.ts";
import type { PodDisruptionBudget } from "../../src/api/generated/policy/v1.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { assertQuietLog } from "../support/quiet-log.ts";
import { refused } from "../support/refused.ts";

interface List<T> {
  readonly items: readonly T[];
}

/** kubectl's commands for running workloads and for nodes, on a simulated node. */
suite("kubectl works on workloads and nodes", () => {
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];
  let node: string;

  before(async () => {
    cluster = await startCluster({ words: ["--runtime", "simulated"] });
    kubectl = cluster.kubectl;
    node = (await kubectl.get<List<Node>>("nodes")).items[0]!.metadata!.name!;
    await kubectl.ok("create", "deployment", "web", "--image=nginx:1", "--replicas=2", "--port=80");
    await rolledOut();
  });
  afterEach((context) => cluster.tell(context));
  after(() => cluster?.remove());

  const rolledOut = async (): Promise<void> => {
    const said = await kubectl.ok("rollout", "status", "deployment/web", "--timeout=20s");
    assert.match(said, /deployment "web" successfully rolled out\n$/);
  };
  const web = () => kubectl.get<Deployment>("deployment", "web");
  const pods = async (): Promise<readonly Pod[]> => (await kubectl.get<List<Pod>>("pods", "-l", "app=web")).items;

  test("wait: condition, jsonpath, create, delete, and in vain", async () => {
    assert.equal(
      await kubectl.ok("wait", "deployment/web", "--for=condition=Available", "--timeout=10s"),
      "deployment.apps/web condition met\n",
    );
    await kubectl.ok("wait", "deployment/web", "--for=jsonpath={.status.readyReplicas}=2", "--timeout=10s");
    const created = kubectl.ok("wait", "configmap/late", "--for=create", "--timeout=10s");
    await kubectl.ok("create", "configmap", "late");
    assert.equal(await created, "configmap/late condition met\n");
    const deleted = kubectl.ok("wait", "configmap/late", "--for=delete", "--timeout=10s");
    await kubectl.ok("delete", "configmap", "late");
    await deleted;
    assert.equal(
      await refused(kubectl("wait", "deployment/web", "--for=condition=Never", "--timeout=1s")),
      "error: timed out waiting for the condition on deployments/web",
    );
  });

  test("scale and autoscale", async () => {
    assert.equal(await kubectl.ok("scale", "deployment/web", "--replicas=3"), "deployment.apps/web scaled\n");
    await rolledOut();
    assert.equal((await pods()).length, 3);
    assert.equal(
      await refused(kubectl("scale", "deployment/web", "--current-replicas=5", "--replicas=1")),
      "error: Expected replicas to be 5, was 3",
    );
    const autoscaled = await kubectl.ok("autoscale", "deployment/web", "--min=1", "--max=5", "--cpu=50%");
    assert.equal(autoscaled, "horizontalpodautoscaler.autoscaling/web autoscaled\n");
    assert.match(await kubectl.ok("get", "hpa"), /^web +Deployment\/web +cpu: <unknown>\/50% +1 +5 +0 /m);
    await kubectl.ok("delete", "hpa", "web");
    await kubectl.ok("scale", "deployment/web", "--replicas=2");
    await rolledOut();
  });

  test("set: image, env, resources, serviceaccount, selector", async () => {
    assert.equal(
      await kubectl.ok("set", "image", "deployment/web", "nginx=nginx:2"),
      "deployment.apps/web image updated\n",
    );
    await rolledOut();
    await kubectl.ok("set", "env", "deployment/web", "A=B");
    assert.equal(
      await kubectl.ok("set", "env", "deployment/web", "--list"),
      "# Deployment web, container nginx\nA=B\n",
    );
    await kubectl.ok("set", "resources", "deployment/web", "--limits=cpu=200m,memory=64Mi", "--requests=cpu=100m");
    await kubectl.ok("create", "serviceaccount", "robot");
    await kubectl.ok("set", "serviceaccount", "deployment/web", "robot");
    await rolledOut();
    const spec = (await web()).spec!.template.spec!;
    assert.equal(spec.serviceAccountName, "robot");
    const [container] = spec.containers;
    assert.equal(container?.image, "nginx:2");
    assert.deepEqual(container?.resources, { limits: { cpu: "200m", memory: "64Mi" }, requests: { cpu: "100m" } });
  });

  test("rollout: history, undo, pause, resume, restart", async () => {
    const history = await kubectl.ok("rollout", "history", "deployment/web");
    assert.match(history, /^1 +<none>\n2 +<none>\n/m);
    assert.match(await kubectl.ok("rollout", "history", "deployment/web", "--revision=1"), /Image:\tnginx:1$/m);
    assert.equal(
      await kubectl.ok("rollout", "undo", "deployment/web", "--to-revision=1"),
      "deployment.apps/web rolled back\n",
    );
    await rolledOut();
    assert.equal((await web()).spec?.template.spec?.containers[0]?.image, "nginx:1");
    assert.equal(
      await refused(kubectl("rollout", "undo", "deployment/web", "--to-revision=99")),
      "error: unable to find specified revision 99 in history",
    );
    await kubectl.ok("rollout", "pause", "deployment/web");
    assert.match(await refused(kubectl("rollout", "pause", "deployment/web")), /is already paused/);
    assert.match(await refused(kubectl("rollout", "undo", "deployment/web")), /cannot rollback a paused deployment/);
    await kubectl.ok("rollout", "resume", "deployment/web");
    assert.equal(await kubectl.ok("rollout", "restart", "deployment/web"), "deployment.apps/web restarted\n");
    await rolledOut();
    const annotations = (await web()).spec?.template.metadata?.annotations ?? {};
    assert.ok("kubectl.kubernetes.io/restartedAt" in annotations);
  });

  test("expose, run --expose", async () => {
    assert.equal(
      await kubectl.ok("expose", "deployment", "web", "--port=80", "--target-port=8080"),
      "service/web exposed\n",
    );
    const { spec } = await kubectl.get<Service>("service", "web");
    assert.deepEqual(spec?.selector, { app: "web" });
    await eventually("the endpoints", async () => {
      const shown = await kubectl.ok("get", "endpointslices", "-l", "kubernetes.io/service-name=web", "--no-headers");
      return /IPv4 +8080 +[\d.]+,[\d.]+ /.test(shown);
    });
    const ran = await kubectl.ok("run", "one", "--image=nginx", "--env=A=B", "--port=80", "--expose");
    assert.equal(ran, "service/one created\npod/one created\n");
    await kubectl.ok("set", "selector", "service", "one", "app=web");
    assert.deepEqual((await kubectl.get<Service>("service", "one")).spec?.selector, { app: "web" });
  });

  test("debug: an ephemeral container, a copy, a pod on the node", async () => {
    await kubectl.ok("wait", "pod/one", "--for=condition=Ready", "--timeout=10s");
    await kubectl.ok("debug", "one", "--image=busybox", "--container=look", "-q", "--attach=false", "--", "sleep", "1");
    const running = "--for=jsonpath={.status.ephemeralContainerStatuses[0].state.running.startedAt}";
    await kubectl.ok("wait", "pod/one", running, "--timeout=10s");
    const [ephemeral] = (await kubectl.get<Pod>("pod", "one")).spec?.ephemeralContainers ?? [];
    assert.equal(ephemeral?.name, "look");
    assert.equal(ephemeral?.imagePullPolicy, "Always");
    await kubectl.ok("debug", "one", "--image=busybox", "--copy-to=two", "--attach=false", "-q");
    assert.equal((await kubectl.get<Pod>("pod", "two")).spec?.containers.length, 2);
    const said = await kubectl.ok("debug", `node/${node}`, "--image=busybox", "--attach=false", "--profile=general");
    const [, name] = said.match(/Creating debugging pod (\S+) /)!;
    assert.equal((await kubectl.get<Pod>("pod", name!)).spec?.hostPID, true);
    await kubectl.ok("delete", "pod", "two", name!, "--grace-period=0", "--force");
    await kubectl.ok("delete", "pod", "one", "--now", "--timeout=20s");
  });

  test("taint, cordon, uncordon", async () => {
    const taint = (...words: string[]) => kubectl("taint", "node", node, ...words);
    assert.equal((await taint("a=b:NoSchedule")).stdout, `node/${node} tainted\n`);
    assert.match(await refused(taint("a=c:NoSchedule")), /already has a taint\(s\) with same effect\(s\)/);
    assert.equal((await taint("a=c:NoSchedule", "--overwrite")).stdout, `node/${node} modified\n`);
    assert.equal((await taint("a-")).stdout, `node/${node} untainted\n`);
    assert.equal(await refused(taint("a-")), 'error: taint "a" not found');
    assert.equal(await kubectl.ok("cordon", node), `node/${node} cordoned\n`);
    assert.match(await kubectl.ok("get", "nodes"), /Ready,SchedulingDisabled/);
    assert.equal(await kubectl.ok("uncordon", node), `node/${node} uncordoned\n`);
  });

  test("drain: what a budget protects stays, then goes", async () => {
    await kubectl.ok("create", "poddisruptionbudget", "most", "--selector=app=web", "--max-unavailable=1");
    await kubectl.ok("wait", "pdb/most", "--for=jsonpath={.status.disruptionsAllowed}=1", "--timeout=10s");
    const { status } = await kubectl.get<PodDisruptionBudget>("pdb", "most");
    assert.equal(status?.expectedPods, 2);
    assert.equal(status?.desiredHealthy, 1);
    const drained = await refused(kubectl("drain", node, "--timeout=2s"));
    assert.match(drained, /Cannot evict pod as it would violate the pod's disruption budget\./);
    assert.match(drained, /global timeout reached: 2s/);
    await eventually("one pod is evicted, and its successor waits", async () => {
      const phases = (await pods()).map((pod) => pod.status?.phase).sort();
      return phases.join() === "Pending,Running";
    });
    await kubectl.ok("delete", "pdb", "most");
    const said = await kubectl.ok("drain", node, "--timeout=20s");
    assert.match(said, new RegExp(`^node/${node} drained$`, "m"));
    await kubectl.ok("uncordon", node);
    await rolledOut();
  });

  test("nothing of it worries the program", () => assertQuietLog(cluster));
});
