import assert from "node:assert/strict";
import { after, afterEach, before, suite, test } from "node:test";
import type { Event } from "../../src/api/generated/core/v1.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { page } from "../support/http.ts";
import { configMap } from "../support/objects.ts";
import { assertQuietLog } from "../support/quiet-log.ts";
import { refused } from "../support/refused.ts";

/** Every way in which kubectl shows what there is, on a simulated node with a Deployment of two pods. */
suite("kubectl shows what there is", () => {
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];

  before(async () => {
    cluster = await startCluster({ words: ["--runtime", "simulated"] });
    kubectl = cluster.kubectl;
    await kubectl.ok("create", "deployment", "web", "--image=nginx", "--replicas=2", "--port=80");
    await kubectl.ok("expose", "deployment", "web", "--port=80");
    await kubectl.apply(...["c1", "c2", "c3"].map((name) => configMap(name, { key: name })));
    await kubectl.ok("rollout", "status", "deployment/web", "--timeout=20s");
  });
  afterEach((context) => cluster.tell(context));
  after(() => cluster?.remove());

  test("get: tables", async () => {
    assert.match(
      await kubectl.ok("get", "deployments"),
      /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2 +\d+s\n$/,
    );
    assert.match(await kubectl.ok("get", "pods", "-o", "wide"), /^NAME .* IP +NODE +NOMINATED NODE +READINESS GATES$/m);
    assert.match(await kubectl.ok("get", "all"), /^service\/kubernetes +ClusterIP +10\.96\.0\.1 +<none> +443\/TCP/m);
    assert.match(await kubectl.ok("get", "serviceaccounts", "-A"), /^kube-system +default +0 /m);
    const labels = await kubectl.ok("get", "pods", "--show-labels", "-L", "app");
    assert.match(labels, / APP +LABELS$/m);
    assert.match(labels, / web +app=web,pod-template-hash=\w+$/m);
    assert.match(await kubectl.ok("get", "configmap", "c1", "--no-headers"), /^c1 +1 +\d+s\n$/);
  });

  test("get: the other forms", async () => {
    assert.equal(await kubectl.ok("get", "configmap", "c1", "c2", "-o", "name"), "configmap/c1\nconfigmap/c2\n");
    assert.equal(await kubectl.ok("get", "configmap", "c1", "-o", "jsonpath={.data.key}"), "c1");
    assert.equal(await kubectl.ok("get", "configmap", "c1", "-o", "go-template={{.data.key}}"), "c1");
    assert.match(
      await kubectl.ok("get", "configmap", "c1", "-o", "yaml"),
      /^apiVersion: v1\ndata:\n {2}key: c1\nkind: ConfigMap\n/,
    );
    const columns = await kubectl.ok("get", "configmap", "c1", "-o", "custom-columns=N:.metadata.name,D:.data.key");
    assert.equal(columns, "N     D\nc1    c1\n");
    const sorted = await kubectl.ok("get", "configmaps", "--sort-by={.metadata.name}", "-o", "name", "--chunk-size=2");
    assert.equal(sorted, "configmap/c1\nconfigmap/c2\nconfigmap/c3\nconfigmap/kube-root-ca.crt\n");
    assert.equal((await kubectl.ok("get", "configmaps", "--chunk-size=1")).split("\n").length, 6);
  });

  test("get: selection, and what is not there", async () => {
    const running = await kubectl.ok("get", "pods", "--field-selector=status.phase=Running", "-o", "name");
    assert.equal(running.trim().split("\n").length, 2);
    assert.equal((await kubectl("get", "pods", "-l", "app=db")).stderr, "No resources found in default namespace.\n");
    assert.match(await refused(kubectl("get", "pods", "--field-selector=foo=bar")), /field label not supported: foo$/);
    assert.equal(
      await refused(kubectl("get", "configmap", "none")),
      'Error from server (NotFound): configmaps "none" not found',
    );
    assert.equal(await kubectl.ok("get", "configmap", "none", "--ignore-not-found"), "");
    assert.equal(await refused(kubectl("get", "nothing")), `error: the server doesn't have a resource type "nothing"`);
  });

  test("get: what is deprecated is told", async () => {
    const { stderr } = await kubectl("get", "endpoints");
    assert.equal(stderr, "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n");
    assert.equal((await kubectl("get", "endpointslices")).stderr, "");
  });

  test("get --watch and --watch-only", async () => {
    const watching = kubectl.start(["get", "configmaps", "-w", "--output-watch-events", "--no-headers"]);
    const only = kubectl.start(["get", "configmaps", "--watch-only", "--no-headers"]);
    await eventually("what is there", () => watching.stdout().trimEnd().split("\n").length === 4);
    // Nothing tells when --watch-only has begun to watch: changes go on until it has seen one.
    await eventually("a change in both", async () => {
      await kubectl.ok("annotate", "configmap", "c3", `time=${performance.now()}`, "--overwrite");
      return /^c3 /m.test(only.stdout()) && /^MODIFIED +c3 /m.test(watching.stdout());
    });
    await kubectl.ok("delete", "configmap", "c3");
    await eventually("the deletion", () => /^DELETED +c3 /m.test(watching.stdout()));
    assert.doesNotMatch(only.stdout(), /^c1 /m);
    await Promise.all([watching.stop(), only.stop()]);
  });

  test("describe: every kind that the cluster has objects of", async () => {
    const kinds = (await kubectl.ok("api-resources", "--verbs=list,get", "-o", "name")).trim().split("\n");
    const some = kinds.filter((kind) => kind !== "events");
    const found = (await kubectl.ok("get", some.join(","), "-A", "-o", "name", "--ignore-not-found")).trim();
    const present = [...new Set(found.split("\n").map((line) => line.split("/")[0]!))];
    for (const kind of ["deployment.apps", "node", "lease.coordination.k8s.io", "endpointslice.discovery.k8s.io"])
      assert.ok(present.includes(kind), kind);
    for (const kind of present) {
      const { code, stdout, stderr } = await kubectl("describe", kind, "-A");
      assert.equal(code, 0, `${kind}: ${stderr}`);
      assert.match(stdout, /^Name: +\S/, kind);
    }
    const [name] = (await kubectl.ok("get", "pods", "-l", "app=web", "-o", "name")).split("\n");
    const pod = await kubectl.ok("describe", name!);
    assert.match(pod, /^Controlled By: +ReplicaSet\/web-\w+$/m);
    assert.match(pod, /Normal +Scheduled +\S+ +default-scheduler +Successfully assigned default\/web-/);
    assert.match(await kubectl.ok("describe", "service", "web"), /^Endpoints: +[\d.]+:80,[\d.]+:80$/m);
  });

  test("events", async () => {
    const told = await kubectl.ok("events", "--for=deployment/web");
    assert.match(told, /Normal +ScalingReplicaSet +Deployment\/web +Scaled up replica set web-\w+ from 0 to 2$/m);
    const [first] = (await kubectl.get<{ items: Event[] }>("events", "--field-selector=reason=ScalingReplicaSet"))
      .items;
    assert.equal(first?.source?.component, "deployment-controller");
    assert.equal((await kubectl("events", "--types=Warning")).stderr, "No events found in default namespace.\n");
  });

  test("api-resources, api-versions, version, cluster-info", async () => {
    assert.match(await kubectl.ok("api-resources"), /^deployments +deploy +apps\/v1 +true +Deployment$/m);
    const namespaced = await kubectl.ok("api-resources", "--namespaced=false", "--api-group=", "-o", "name");
    assert.match(namespaced, /^namespaces\nnodes\npersistentvolumes$/m);
    assert.match(await kubectl.ok("api-versions"), /^apps\/v1$/m);
    assert.match(await kubectl.ok("version"), /^Server Version: v1\.36\.\d/m);
    assert.match(await kubectl.ok("cluster-info"), /Kubernetes control plane.* is running at/);
    const dump = await kubectl.ok("cluster-info", "dump", "-A");
    assert.match(dump, /"kind": "NodeList"/);
    assert.match(dump, /"kind": "DeploymentList"/);
  });

  test("explain", async () => {
    const strategy = await kubectl.ok("explain", "deployment.spec.strategy.type");
    assert.match(strategy, /^FIELD: type <string>\nENUM:\n {4}Recreate\n {4}RollingUpdate$/m);
    const deployment = await kubectl.ok("explain", "deployments");
    assert.match(deployment, /^ {2}kind\t<string>\n {4}Kind is a string value/m);
    assert.match(await kubectl.ok("explain", "pod", "--recursive"), /^ {6}imagePullPolicy\t<string>$/m);
    assert.match(await refused(kubectl("explain", "pod.spec.nothing")), /field "nothing" does not exist/);
  });

  test("raw paths and the proxy", async () => {
    assert.equal(await kubectl.ok("get", "--raw", "/livez"), "ok");
    const ready = await kubectl.ok("get", "--raw", "/readyz?verbose");
    for (const check of ["ping", "log", "etcd", "etcd-readiness", "informer-sync", "shutdown"])
      assert.ok(ready.includes(`[+]${check} ok\n`), check);
    assert.match(ready, /readyz check passed/);
    assert.equal(await kubectl.ok("get", "--raw", "/livez/etcd"), "ok");
    assert.match(await kubectl.ok("get", "--raw", "/livez?verbose&exclude=etcd"), /\[\+\]etcd excluded: ok\n/);
    assert.match(
      await refused(kubectl("get", "--raw", "/nothing")),
      /the server could not find the requested resource/,
    );
    const proxy = kubectl.start(["proxy", "--port=0"]);
    const address = await eventually("the proxy's address", () => proxy.stdout().match(/127\.0\.0\.1:\d+/)?.[0]);
    const object = JSON.parse(await page(`http://${address}/api/v1/namespaces/default/configmaps/c1`)) as object;
    assert.equal((object as { data: { key: string } }).data.key, "c1");
    await proxy.stop();
  });

  test("what the program does not serve is told as such", async () => {
    assert.equal(await refused(kubectl("top", "nodes")), "error: Metrics API not available");
    const unknown = kubectl.with(
      { input: '{"apiVersion":"a.example/v1","kind":"A","metadata":{"name":"a"}}' },
      "create",
      "--validate=false",
      "-f",
      "-",
    );
    assert.match(await refused(unknown), /no matches for kind "A" in version "a\.example\/v1"/);
  });

  test("nothing of it worries the program", () => assertQuietLog(cluster));
});
