import assert from "node:assert/strict";
import { after, afterEach, before, suite, test } from "node:test";
import type { Node, Pod, Service } from "../../src/api/generated/core/v1.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { shellPod, WAIT_FOREVER } from "../support/objects.ts";
import { type Registry, startRegistry } from "../support/registry.ts";
import { withoutContainers } from "../support/requirements.ts";
import { run } from "../support/run.ts";

const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const WORDS = [
  ...["--service-cluster-ip-range", "172.20.16.0/24", "--service-node-port-range", "20000-20063"],
  ...["--cluster-cidr", "10.77.0.0/20", "--node-cidr-mask-size", "26", "--cluster-domain", "corp.example"],
];

suite("a cluster with addresses and a domain of its own", { skip: withoutContainers() }, () => {
  let registry: Registry;
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];

  before(async () => {
    registry = await startRegistry();
    cluster = await startCluster({ words: WORDS });
    kubectl = cluster.kubectl;
  });
  afterEach((context) => cluster.tell(context));
  after(async () => {
    await registry?.stop();
    await cluster?.remove();
  });
  const inside = (script: string): Promise<string> => kubectl.ok("exec", "client", "--", "sh", "-c", script);

  test("pods find Services and the API server by name, with its certificate", async () => {
    const web = {
      ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "web", labels: { app: "web" } } },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "main", image: registry.image("web:1") }] },
    };
    const service = {
      ...{ apiVersion: "v1", kind: "Service", metadata: { name: "web" } },
      spec: { type: "NodePort", selector: { app: "web" }, ports: [{ port: 80 }] },
    };
    await kubectl.apply(web, service, shellPod("client", registry.image("tools:1"), WAIT_FOREVER));
    await kubectl.ok("wait", "pod/web", "pod/client", "--for=condition=Ready", "--timeout=30s");
    const resolv = await inside("cat /etc/resolv.conf");
    assert.match(resolv, /^search default\.svc\.corp\.example svc\.corp\.example corp\.example/m);
    assert.match(resolv, /^nameserver 172\.20\.16\.10$/m);
    assert.match(await inside("env"), /^KUBERNETES_SERVICE_HOST=172\.20\.16\.1$/m);
    for (const name of ["web", "web.default.svc", "web.default.svc.corp.example"]) {
      const page = await eventually(name, () => inside(`curl -sS --max-time 3 ${name}`));
      assert.equal(page, "version 1 from web\n", name);
    }
    const { status } = await kubectl.get<Pod>("pod", "web");
    assert.match(status?.podIP ?? "", /^10\.77\.0\.([1-5]?\d|6[0-3])$/);
    const { spec } = await kubectl.get<Service>("service", "web");
    assert.match(spec?.clusterIP ?? "", /^172\.20\.16\./);
    const nodePort = spec?.ports?.[0]?.nodePort ?? 0;
    assert.ok(nodePort >= 20_000 && nodePort <= 20_063, String(nodePort));
    assert.equal(
      (await run("curl", ["-s", "--max-time", "5", `http://127.0.0.1:${nodePort}/`])).stdout,
      "version 1 from web\n",
    );
    const ask = `curl -sS --max-time 5 --cacert ${ACCOUNT}/ca.crt -H "Authorization: Bearer $(cat ${ACCOUNT}/token)"`;
    assert.equal(await inside(`${ask} https://kubernetes.default.svc.corp.example/readyz`), "ok");
    assert.equal(await inside(`${ask} https://172.20.16.1/readyz`), "ok");
  });

  test("all of it is told, and kept", async () => {
    const { items } = await kubectl.get<{ items: Node[] }>("nodes");
    assert.deepEqual(
      items.map(({ spec }) => spec?.podCIDR),
      ["10.77.0.0/26"],
    );
    const told = await kubectl.ok("get", "configmap", "-n", "kube-public", "wherry-cluster", "-o", "jsonpath={.data}");
    assert.deepEqual(
      JSON.parse(told),
      Object.fromEntries(WORDS.flatMap((word, index) => (index % 2 === 0 ? [[word.slice(2), WORDS[index + 1]]] : []))),
    );
    assert.match(
      await kubectl.ok("get", "servicecidr", "kubernetes", "-o", "jsonpath={.spec.cidrs}"),
      /172\.20\.16\.0\/24/,
    );
    await cluster.down("--keep-pods");
    await assert.rejects(
      cluster.up("--cluster-domain", "cluster.local"),
      /--cluster-domain is cluster\.local, but this cluster has corp\.example since its first start .*cluster\.json/,
    );
    await cluster.up();
    const page = await eventually("web, after the start", () =>
      inside("curl -sS --max-time 3 web.default.svc.corp.example"),
    );
    assert.equal(page, "version 1 from web\n");
  });
});
