import assert from "node:assert/strict";
import { after, afterEach, before, suite, test } from "node:test";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { assertQuietLog } from "../support/quiet-log.ts";
import { refused } from "../support/refused.ts";

const DEFINITION = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: crontabs.stable.example.com}
spec:
  group: stable.example.com
  scope: Namespaced
  names: {plural: crontabs, singular: crontab, kind: CronTab, shortNames: [ct], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        description: A tab of crons
        properties:
          spec:
            type: object
            description: what is wanted
            required: [cronSpec]
            x-kubernetes-validations:
            - {rule: "self.replicas < 9 || self.image == 'big'", message: only big images may have so many}
            properties:
              cronSpec: {type: string, description: when it runs}
              image: {type: string}
              replicas: {type: integer, minimum: 1, maximum: 10, default: 1}
              ports:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [port]
                items:
                  type: object
                  required: [port]
                  properties: {port: {type: integer}, name: {type: string}}
          status:
            type: object
            x-kubernetes-preserve-unknown-fields: true
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
    additionalPrinterColumns:
    - {name: Spec, type: string, jsonPath: .spec.cronSpec}
    - {name: Replicas, type: integer, jsonPath: .spec.replicas}
    - {name: Image, type: string, jsonPath: .spec.image, priority: 1}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    selectableFields: [{jsonPath: .spec.image}]
  - name: v1beta1
    served: true
    storage: false
    deprecated: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`;

/** What kubectl does with kinds that a cluster learns while it runs. No node: objects alone are the matter. */
suite("kubectl and custom resources", () => {
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];

  before(async () => {
    cluster = await startCluster({ words: ["--no-node"] });
    kubectl = cluster.kubectl;
  });
  afterEach((context) => cluster.tell(context));
  after(() => cluster?.remove());

  const feed = (input: string, ...words: readonly string[]) => kubectl.with({ input }, ...words);
  const cronTab = (name: string, spec: object, more: object = {}) =>
    JSON.stringify({ apiVersion: "stable.example.com/v1", kind: "CronTab", metadata: { name }, spec, ...more });

  test("a definition is applied, and its kind is there as soon as it is established", async () => {
    assert.match(await refused(kubectl("get", "crontabs")), /the server doesn't have a resource type "crontabs"/);
    assert.equal((await feed(DEFINITION, "apply", "-f", "-")).code, 0);
    await kubectl.ok("wait", "--for=condition=Established", "crd/crontabs.stable.example.com", "--timeout=10s");
    assert.match(
      await kubectl.ok("api-resources", "--api-group=stable.example.com"),
      /^crontabs +ct +stable\.example\.com\/v1 +true +CronTab$/m,
    );
    assert.match(await kubectl.ok("api-versions"), /^stable\.example\.com\/v1\nstable\.example\.com\/v1beta1$/m);
    assert.match((await kubectl("get", "crontabs")).stderr, /No resources found in default namespace/);
  });

  test("explain tells the fields", async () => {
    const spec = await kubectl.ok("explain", "ct.spec");
    assert.match(spec, /KIND: +CronTab/);
    assert.match(spec, /what is wanted/);
    assert.match(spec, /cronSpec\t<string> -required-\n +when it runs/);
    assert.match(await kubectl.ok("explain", "crontabs"), /A tab of crons/);
    assert.match(await kubectl.ok("explain", "ct.spec.ports.port"), /FIELD: port <integer>/);
  });

  test("objects are applied, shown with the columns of the definition, and found by fields", async () => {
    const object = cronTab("a", { cronSpec: "* * *", image: "x", ports: [{ port: 80, name: "web" }] });
    assert.match((await feed(object, "apply", "-f", "-")).stdout, /crontab\.stable\.example\.com\/a created/);
    assert.match((await feed(object, "apply", "-f", "-")).stdout, /crontab\.stable\.example\.com\/a unchanged/);
    assert.match(await kubectl.ok("get", "ct"), /^NAME +SPEC +REPLICAS +AGE\na +\* \* \* +1 +\d+s$/m);
    assert.match(await kubectl.ok("get", "ct", "-o", "wide"), /^NAME +SPEC +REPLICAS +IMAGE +AGE$/m);
    assert.match(await kubectl.ok("get", "all"), /^crontab\.stable\.example\.com\/a +\* \* \* +1/m);
    assert.equal(
      await kubectl.ok("get", "ct", "--field-selector=spec.image=x", "-o", "name"),
      "crontab.stable.example.com/a\n",
    );
    assert.equal(await kubectl.ok("get", "ct", "--field-selector=spec.image=y", "-o", "name"), "");
    assert.match(await kubectl.ok("describe", "ct", "a"), /Cron Spec: +\* \* \*/);
    const old = await kubectl("get", "crontabs.v1beta1.stable.example.com", "a", "-o", "jsonpath={.apiVersion}");
    assert.equal(old.stdout, "stable.example.com/v1beta1");
    assert.match(old.stderr, /Warning: stable\.example\.com\/v1beta1 CronTab is deprecated/);
  });

  test("what does not fit is refused before anything is kept", async () => {
    const unknown = await refused(feed(cronTab("b", { cronSpec: "x", foo: 1 }), "create", "-f", "-"));
    assert.match(unknown, /strict decoding error: unknown field "spec\.foo"/);
    const missing = await refused(feed(cronTab("b", {}), "create", "-f", "-"));
    assert.match(missing, /spec\.cronSpec: Required value/);
    const rule = await refused(feed(cronTab("b", { cronSpec: "x", replicas: 9, image: "small" }), "create", "-f", "-"));
    assert.match(rule, /spec: Invalid value: .*only big images may have so many/);
    const loose = await feed(cronTab("b", { cronSpec: "x", foo: 1 }), "create", "--validate=warn", "-f", "-");
    assert.match(loose.stderr, /Warning: unknown field "spec\.foo"/);
    assert.equal(await kubectl.ok("get", "ct", "b", "-o", "jsonpath={.spec}"), '{"cronSpec":"x","replicas":1}');
  });

  test("scale, patch, label, edit of the status, wait", async () => {
    assert.match(await kubectl.ok("scale", "ct/a", "--replicas=3"), /crontab\.stable\.example\.com\/a scaled/);
    assert.equal(await kubectl.ok("get", "ct", "a", "-o", "jsonpath={.spec.replicas}"), "3");
    await kubectl.ok("patch", "ct", "a", "--type=merge", "-p", '{"spec":{"cronSpec":"1 2 3"}}');
    await kubectl.ok("patch", "ct", "a", "--type=json", "-p", '[{"op":"replace","path":"/spec/image","value":"y"}]');
    const strategic = await refused(kubectl("patch", "ct", "a", "--type=strategic", "-p", "{}"));
    assert.match(
      strategic,
      /application\/strategic-merge-patch\+json is not supported by stable\.example\.com\/v1, Kind=CronTab/,
    );
    await kubectl.ok("label", "ct", "a", "tier=back");
    const waiting = kubectl.ok("wait", "--for=jsonpath={.status.phase}=Ready", "ct/a", "--timeout=20s");
    const status = '{"status":{"phase":"Ready","anything":[1]}}';
    await kubectl.ok("patch", "ct", "a", "--subresource=status", "--type=merge", "-p", status);
    assert.match(await waiting, /condition met/);
    const found = await kubectl.ok("get", "ct", "-l", "tier=back", "-o", "jsonpath={.items[*].spec}");
    assert.deepEqual(JSON.parse(found), {
      cronSpec: "1 2 3",
      image: "y",
      ports: [{ name: "web", port: 80 }],
      replicas: 3,
    });
    assert.equal(await kubectl.ok("get", "ct", "a", "-o", "jsonpath={.metadata.generation}"), "4");
  });

  test("apply --server-side merges lists by their keys, and tells conflicts", async () => {
    const made = cronTab("s", { cronSpec: "x", image: "y", ports: [{ port: 80, name: "web" }] });
    assert.equal((await feed(made, "create", "-f", "-")).code, 0);
    const mine = cronTab("s", { ports: [{ port: 443, name: "tls" }] });
    const applied = await feed(mine, "apply", "--server-side", "--field-manager=me", "-f", "-");
    assert.equal(applied.code, 0, applied.stderr);
    assert.deepEqual(JSON.parse(await kubectl.ok("get", "ct", "s", "-o", "jsonpath={.spec.ports}")), [
      { name: "web", port: 80 },
      { name: "tls", port: 443 },
    ]);
    const image = (value: string) => cronTab("s", { image: value });
    const yours = ["--server-side", "--field-manager=you", "-f", "-"];
    const conflict = await refused(feed(image("z"), "apply", ...yours));
    assert.match(conflict, /conflict with "kubectl-create".*: \.spec\.image/);
    assert.equal((await feed(image("z"), "apply", "--force-conflicts", ...yours)).code, 0);
    const unknown = await refused(feed(cronTab("s", { nothing: 1 }), "apply", "--server-side", "-f", "-"));
    assert.match(unknown, /\.spec\.nothing: field not declared in schema/);
    const diff = await feed(image("w"), "diff", "--force-conflicts", ...yours);
    assert.match(diff.stdout, /^\+ +image: w$/m);
  });

  test("objects with owners go with them, and a namespace takes its objects along", async () => {
    await kubectl.ok("create", "namespace", "tabs");
    assert.equal((await feed(cronTab("n", { cronSpec: "x" }), "create", "-n", "tabs", "-f", "-")).code, 0);
    const uid = await kubectl.ok("get", "ct", "b", "-o", "jsonpath={.metadata.uid}");
    const ownerReferences = [{ apiVersion: "stable.example.com/v1", kind: "CronTab", name: "b", uid }];
    const owned = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "owned", ownerReferences } };
    await kubectl.apply(owned);
    await kubectl.ok("delete", "ct", "b");
    await kubectl.ok("wait", "--for=delete", "configmap/owned", "--timeout=60s");
    await kubectl.ok("delete", "namespace", "tabs", "--timeout=60s");
    const left = "crontab.stable.example.com/a\ncrontab.stable.example.com/s\n";
    assert.equal(await kubectl.ok("get", "ct", "-A", "-o", "name"), left);
  });

  test("the program starts again with what was there", async () => {
    await cluster.down();
    await cluster.up();
    assert.equal(await kubectl.ok("get", "ct", "s", "-o", "jsonpath={.spec.image}"), "z");
  });

  test("a definition that is deleted takes its objects along; without a trace it can come again", async () => {
    await kubectl.ok("delete", "crd", "crontabs.stable.example.com", "--timeout=20s");
    // kubectl remembers for some minutes what it knew of the cluster.
    assert.match(
      await refused(kubectl("get", "crontabs")),
      /doesn't have a resource type|could not find the requested/,
    );
    await feed(DEFINITION, "apply", "-f", "-");
    await kubectl.ok("wait", "--for=condition=Established", "crd/crontabs.stable.example.com", "--timeout=10s");
    assert.equal(await kubectl.ok("get", "ct", "-A", "-o", "name"), "");
    assertQuietLog(cluster);
  });
});
