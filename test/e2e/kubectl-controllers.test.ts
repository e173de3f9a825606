import assert from "node:assert/strict";
import { after, afterEach, before, suite, test } from "node:test";
import type { DaemonSet, StatefulSet } from "../../src/api/generated/apps/v1.ts";
import type { Pod, ReplicationController, Service } from "../../src/api/generated/core/v1.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { assertQuietLog } from "../support/quiet-log.ts";
import { refused } from "../support/refused.ts";

interface List<T> {
  readonly items: readonly T[];
}

const workload = (kind: string, name: string, spec: object = {}): object => ({
  apiVersion: "apps/v1",
  kind,
  metadata: { name, labels: { app: name } },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "main", image: "main:1" }] },
    },
    ...spec,
  },
});

/** kubectl's commands on the other kinds of workloads, on two simulated nodes. */
suite("kubectl and workloads of every kind", () => {
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];

  before(async () => {
    cluster = await startCluster({ words: ["--no-node", "--simulated-nodes", "2"] });
    kubectl = cluster.kubectl;
    await kubectl.apply(
      workload("DaemonSet", "agent"),
      workload("StatefulSet", "db", { serviceName: "db", replicas: 2, podManagementPolicy: "Parallel" }),
    );
    for (const name of ["daemonset/agent", "statefulset/db"]) await rolledOut(name);
  });
  afterEach((context) => cluster.tell(context));
  after(() => cluster?.remove());

  const rolledOut = (name: string): Promise<string> => kubectl.ok("rollout", "status", name, "--timeout=30s");
  const podsOf = async (app: string): Promise<readonly Pod[]> =>
    (await kubectl.get<List<Pod>>("pods", "-l", `app=${app}`)).items;

  for (const [kind, name] of [
    ["daemonset", "agent"],
    ["statefulset", "db"],
  ] as const) {
    test(`rollout of a ${kind}: status, history, undo, restart`, async () => {
      const full = `${kind}/${name}`;
      const image = () => kubectl.ok("get", full, "-o", "jsonpath={.spec.template.spec.containers[0].image}");
      assert.equal(await kubectl.ok("set", "image", full, "main=main:2"), `${kind}.apps/${name} image updated\n`);
      assert.match(
        await rolledOut(full),
        /(successfully rolled out|roll out complete: 2 new pods have been updated\.\.\.)\n$/,
      );
      assert.match(await kubectl.ok("rollout", "history", full), /^REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>$/m);
      assert.match(await kubectl.ok("rollout", "history", full, "--revision=1"), /Image:\tmain:1$/m);
      assert.equal(await kubectl.ok("rollout", "undo", full), `${kind}.apps/${name} rolled back\n`);
      await rolledOut(full);
      assert.equal(await image(), "main:1");
      assert.match(
        await refused(kubectl("rollout", "undo", full, "--to-revision=99")),
        /unable to find specified revision/,
      );
      await kubectl.ok("rollout", "restart", full);
      await rolledOut(full);
      const stamps = (await podsOf(name)).map(
        (pod) => pod.metadata?.annotations?.["kubectl.kubernetes.io/restartedAt"],
      );
      assert.ok(stamps.length === 2 && stamps.every((stamp) => stamp !== undefined), `${stamps}`);
    });
  }

  test("scale: a stateful set, a replication controller, several at once, by label", async () => {
    assert.equal(await kubectl.ok("scale", "statefulset/db", "--replicas=3"), "statefulset.apps/db scaled\n");
    await rolledOut("statefulset/db");
    assert.deepEqual((await podsOf("db")).map((pod) => pod.metadata?.name).sort(), ["db-0", "db-1", "db-2"]);
    await kubectl.apply({
      apiVersion: "v1",
      kind: "ReplicationController",
      metadata: { name: "rc", labels: { app: "rc" } },
      spec: { replicas: 2, template: (workload("x", "rc") as { spec: { template: object } }).spec.template },
    });
    await kubectl.ok("wait", "rc/rc", "--for=jsonpath={.status.readyReplicas}=2", "--timeout=20s");
    assert.equal(await kubectl.ok("scale", "rc", "-l", "app=rc", "--replicas=1"), "replicationcontroller/rc scaled\n");
    await kubectl.ok("wait", "rc/rc", "--for=jsonpath={.status.replicas}=1", "--timeout=20s");
    await kubectl.ok("scale", "rc/rc", "--replicas=2", "--current-replicas=1", "--resource-version=", "--timeout=20s");
    assert.equal((await kubectl.get<ReplicationController>("rc", "rc")).spec?.replicas, 2);
    assert.match(
      await refused(kubectl("scale", "daemonset/agent", "--replicas=2")),
      /could not find the requested resource/,
    );
  });

  test("expose: a replication controller, a service, a pod", async () => {
    await kubectl.ok("expose", "rc", "rc", "--name=first", "--port=1234", "--target-port=6379");
    await kubectl.ok("expose", "service", "first", "--name=second", "--port=2345", "--target-port=6379");
    const second = await kubectl.get<Service>("service", "second");
    assert.deepEqual(second.spec?.selector, { app: "rc" });
    assert.deepEqual(second.spec?.ports, [{ port: 2345, protocol: "TCP", targetPort: 6379 }]);
    await kubectl.ok("expose", "pod", "db-0", "--port=5432", "--type=NodePort");
    const [port] = (await kubectl.get<Service>("service", "db-0")).spec?.ports ?? [];
    assert.ok((port?.nodePort ?? 0) >= 30000);
    assert.match(await kubectl.ok("describe", "rc", "rc"), /^Pods Status: +2 Running \/ 0 Waiting/m);
    const endpoints = () =>
      kubectl.ok("get", "endpointslices", "-l", "kubernetes.io/service-name=second", "--no-headers");
    await eventually("both pods are behind the service", async () => /6379 +[\d.]+,[\d.]+ /.test(await endpoints()));
  });

  test("autoscale by several measures; set env from a map; set resources on a dry run", async () => {
    await kubectl.ok("autoscale", "statefulset/db", "--max=4", "--cpu=60%", "--memory=100Mi");
    assert.match(await kubectl.ok("describe", "hpa", "db"), /^Reference: +StatefulSet\/db$/m);
    assert.match(
      await kubectl.ok("get", "horizontalpodautoscalers.v1.autoscaling", "db", "-o", "yaml"),
      /targetCPUUtilizationPercentage: 60/,
    );
    await kubectl.ok("delete", "hpa", "db");
    await kubectl.ok("create", "configmap", "settings", "--from-literal=LEVEL=high");
    await kubectl.ok("set", "env", "statefulset/db", "--from=configmap/settings");
    assert.match(await kubectl.ok("set", "env", "statefulset/db", "--list", "--resolve"), /^LEVEL=high$/m);
    await kubectl.ok("set", "resources", "daemonset/agent", "--limits=cpu=1", "--dry-run=server");
    const [container] = (await kubectl.get<DaemonSet>("daemonset", "agent")).spec!.template.spec!.containers;
    assert.deepEqual(container?.resources ?? {}, {});
    await rolledOut("statefulset/db");
  });

  test("run: pods of every restart policy, replaced and deleted", async () => {
    assert.equal(await kubectl.ok("run", "once", "--image=main:1", "--restart=Never"), "pod/once created\n");
    assert.equal((await kubectl.get<Pod>("pod", "once")).spec?.restartPolicy, "Never");
    await kubectl.ok("wait", "pod/once", "--for=condition=Ready", "--timeout=20s");
    const input = (await kubectl.ok("get", "pod", "once", "-o", "json")).replaceAll('"main:1"', '"main:2"');
    assert.equal((await kubectl.with({ input }, "replace", "-f", "-")).stdout, "pod/once replaced\n");
    assert.equal((await kubectl.get<Pod>("pod", "once")).spec?.containers[0]?.image, "main:2");
    const overrides = JSON.stringify({ spec: { restartPolicy: "OnFailure", hostname: "here" } });
    await kubectl.ok("run", "other", "--image=main:1", `--overrides=${overrides}`, "--labels=a=b");
    assert.equal((await kubectl.get<Pod>("pod", "other")).spec?.hostname, "here");
    const deleted = await kubectl.ok("delete", "pods", "--field-selector=metadata.name=once", "--now");
    assert.equal(deleted, 'pod "once" deleted from default namespace\n');
    await kubectl.ok("delete", "pods", "-l", "a=b", "--wait=false");
    await kubectl.ok("wait", "pod/other", "--for=delete", "--timeout=40s");
  });

  test("drain: what daemon sets run stays, what nobody would make again needs --force", async () => {
    const containers = [{ name: "main", image: "main:1" }];
    const volumes = [{ name: "scratch", emptyDir: {} }];
    const spec = { nodeName: "simulated-1", terminationGracePeriodSeconds: 1, containers, volumes };
    await kubectl.apply({ apiVersion: "v1", kind: "Pod", metadata: { name: "alone" }, spec });
    await kubectl.ok("wait", "pod/alone", "--for=condition=Ready", "--timeout=20s");
    const drain = (...words: string[]) => kubectl("drain", "simulated-1", "--timeout=30s", ...words);
    const said = await refused(drain());
    assert.match(said, /cannot delete DaemonSet-managed Pods \(use --ignore-daemonsets to ignore\)/);
    assert.match(said, /cannot delete Pods with local storage \(use --delete-emptydir-data to override\)/);
    assert.match(
      await refused(drain("--ignore-daemonsets", "--delete-emptydir-data")),
      /cannot delete Pods that declare no controller \(use --force to override\): default\/alone/,
    );
    const done = await drain("--ignore-daemonsets", "--delete-emptydir-data", "--force");
    assert.match(done.stdout, /^node\/simulated-1 drained$/m, done.stderr);
    const left = (await kubectl.get<List<Pod>>("pods", "--field-selector=spec.nodeName=simulated-1")).items;
    assert.deepEqual([...new Set(left.map((pod) => pod.metadata?.labels?.app))], ["agent"]);
    await rolledOut("statefulset/db");
    assert.equal((await kubectl.get<StatefulSet>("statefulset", "db")).status?.readyReplicas, 3);
    await kubectl.ok("uncordon", "-l", "wherry.local/simulated=true");
    await kubectl.ok("taint", "nodes", "--all", "busy=yes:PreferNoSchedule");
    assert.equal((await kubectl.ok("taint", "nodes", "-l", "wherry.local/simulated", "busy-")).split("\n").length, 3);
  });

  test("events: of one object, of a type, watched", async () => {
    await kubectl.ok("create", "deployment", "late", "--image=main:1");
    const watching = kubectl.start(["events", "--watch", "--for=deployment/late"]);
    await eventually("what has happened", () => /ScalingReplicaSet +Deployment\/late/.test(watching.stdout()));
    await kubectl.ok("scale", "deployment/late", "--replicas=2");
    await eventually("what happens", () => /Scaled up replica set late-\w+ from 1 to 2/.test(watching.stdout()));
    await watching.stop();
    const sorted = await kubectl.ok(
      "get",
      "events",
      "--sort-by=.lastTimestamp",
      "--no-headers",
      "-o",
      "custom-columns=T:.lastTimestamp",
    );
    const times = sorted
      .trim()
      .split("\n")
      .filter((time) => time !== "<none>");
    assert.deepEqual(times, [...times].sort());
  });

  test("nothing of it worries the program", () => assertQuietLog(cluster));
});
