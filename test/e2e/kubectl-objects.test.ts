import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, suite, test } from "node:test";
import type { Deployment } from "../../src/api/generated/apps/v1.ts";
import type { ConfigMap } from "../../src/api/generated/core/v1.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { configMap } from "../support/objects.ts";
import { assertQuietLog } from "../support/quiet-log.ts";
import { refused } from "../support/refused.ts";

/** Every way in which kubectl writes objects. No node: what becomes of the objects is not the matter here. */
suite("kubectl writes objects", () => {
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];

  before(async () => {
    cluster = await startCluster({ words: ["--no-node"] });
    kubectl = cluster.kubectl;
  });
  afterEach((context) => cluster.tell(context));
  after(() => cluster?.remove());

  const file = (name: string, content: string, mode = 0o644): string => {
    const path = join(cluster.dataDirectory, "..", name);
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  };
  const feed = (objects: readonly object[], ...words: readonly string[]) =>
    kubectl.with({ input: objects.map((each) => JSON.stringify(each)).join("\n---\n") }, ...words);

  const generators: readonly (readonly [string, string])[] = [
    ["namespace shop", "namespace/shop"],
    ["configmap settings --from-literal=a=b", "configmap/settings"],
    ["secret generic password --from-literal=p=w", "secret/password"],
    ["secret docker-registry pull --docker-server=x --docker-username=u --docker-password=p", "secret/pull"],
    ["serviceaccount robot", "serviceaccount/robot"],
    ["role reader --verb=get,list --resource=pods,deployments.apps", "role.rbac.authorization.k8s.io/reader"],
    ["rolebinding reads --role=reader --user=jane", "rolebinding.rbac.authorization.k8s.io/reads"],
    ["clusterrole nodes --verb=get --resource=nodes", "clusterrole.rbac.authorization.k8s.io/nodes"],
    ["clusterrolebinding sees --clusterrole=nodes --group=g", "clusterrolebinding.rbac.authorization.k8s.io/sees"],
    ["deployment web --image=nginx --replicas=2 --port=80", "deployment.apps/web"],
    ["service clusterip inside --tcp=80:8080", "service/inside"],
    ["service nodeport node --tcp=80:8080", "service/node"],
    ["service loadbalancer outside --tcp=80:8080", "service/outside"],
    ["service externalname away --external-name=a.example", "service/away"],
    ["ingress door --rule=a.example/x=inside:80 --class=c", "ingress.networking.k8s.io/door"],
    ["job once --image=busybox -- true", "job.batch/once"],
    ["cronjob often --image=busybox --schedule=@hourly -- true", "cronjob.batch/often"],
    ["poddisruptionbudget budget --selector=app=web --min-available=1", "poddisruptionbudget.policy/budget"],
    ["priorityclass high --value=1000", "priorityclass.scheduling.k8s.io/high"],
    ["quota limits --hard=configmaps=500,pods=500", "resourcequota/limits"],
  ];
  test("create: every generator", async () => {
    for (const [words, created] of generators) {
      const result = await kubectl("create", ...words.split(" "));
      assert.equal(result.stdout, `${created} created\n`, result.stderr);
    }
    assert.equal(await kubectl.ok("create", "job", "now", "--from=cronjob/often"), "job.batch/now created\n");
    assert.match(await kubectl.ok("create", "token", "robot"), /^ey[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  test("create: what is wrong or there already is refused", async () => {
    assert.match(
      await refused(kubectl("create", "cronjob", "bad", "--image=b", "--schedule=0/5", "--", "true")),
      /spec\.schedule: Invalid value/,
    );
    assert.equal(
      await refused(kubectl("create", "configmap", "settings")),
      'error: failed to create configmap: configmaps "settings" already exists',
    );
    assert.match(
      await refused(kubectl("create", "configmap", "Bad_Name")),
      /metadata\.name: Invalid value: "Bad_Name"/,
    );
  });

  test("create --dry-run=server leaves nothing behind", async () => {
    const shown = await kubectl.ok(
      "create",
      "configmap",
      "ghost",
      "--dry-run=server",
      "-o",
      "jsonpath={.metadata.uid}",
    );
    assert.match(shown, /^[0-9a-f-]{36}$/);
    assert.match(await refused(kubectl("get", "configmap", "ghost")), /configmaps "ghost" not found/);
  });

  const app = (image: string, more: object = {}): object => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "app", ...more },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: "app" } },
      template: {
        metadata: { labels: { app: "app" } },
        spec: { containers: [{ name: "main", image, ports: [{ containerPort: 80 }] }] },
      },
    },
  });

  test("apply and diff, client-side", async () => {
    assert.equal(await kubectl.apply(app("a:1")), "deployment.apps/app created\n");
    assert.equal(await kubectl.apply(app("a:1")), "deployment.apps/app unchanged\n");
    const diff = await feed([app("a:2")], "diff", "-f", "-");
    assert.equal(diff.code, 1, diff.stderr);
    assert.match(diff.stdout, /^- +- image: a:1$\n^\+ +- image: a:2$/m);
    assert.match(diff.stdout, /^- +generation: 1$\n^\+ +generation: 2$/m);
    assert.equal(await kubectl.apply(app("a:2")), "deployment.apps/app configured\n");
    assert.equal((await feed([app("a:2")], "diff", "-f", "-")).code, 0);
    assert.match(await kubectl.ok("apply", "view-last-applied", "deployment/app"), /image: a:2/);
  });

  test("apply: a List, and a kind that nobody knows", async () => {
    const list = { apiVersion: "v1", kind: "List", items: [configMap("l1", {}), configMap("l2", {})] };
    assert.equal(await kubectl.apply(list), "configmap/l1 created\nconfigmap/l2 created\n");
    const unknown = { apiVersion: "a.example/v1", kind: "A", metadata: { name: "a" } };
    assert.match(
      await refused(feed([unknown], "apply", "-f", "-")),
      /no matches for kind "A" in version "a\.example\/v1"\nensure CRDs are installed first$/,
    );
  });

  test("apply, server-side: conflicts name manager and field, force takes over", async () => {
    const object = configMap("shared", { a: "1" });
    const apply = (manager: string, value: string, ...words: string[]) =>
      feed(
        [{ ...object, data: { a: value } }],
        "apply",
        "--server-side",
        `--field-manager=${manager}`,
        "-f",
        "-",
        ...words,
      );
    assert.equal((await apply("one", "1")).stdout, "configmap/shared serverside-applied\n");
    const conflict = await refused(apply("two", "2"));
    assert.match(conflict, /Apply failed with 1 conflict: conflict with "one": \.data\.a/);
    assert.match(conflict, /Please review the fields above/);
    assert.equal((await apply("two", "2", "--force-conflicts")).code, 0);
    const shown = await kubectl.get<ConfigMap>("configmap", "shared", "--show-managed-fields");
    assert.deepEqual(
      shown.metadata?.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`),
      ["two Apply"],
    );
    assert.equal((await kubectl.get<ConfigMap>("configmap", "shared")).metadata?.managedFields, undefined);
  });

  test("apply --prune and apply sets take away what is no longer there", async () => {
    const labelled = (name: string): object => ({
      ...configMap(name, {}),
      metadata: { name, labels: { set: "x" } },
    });
    assert.equal((await feed([labelled("p1"), labelled("p2")], "apply", "-f", "-")).code, 0);
    const pruned = await feed([labelled("p1")], "apply", "--prune", "-l", "set=x", "-f", "-");
    assert.match(pruned.stdout, /^configmap\/p2 pruned$/m);
    const withSet = (...objects: object[]) =>
      kubectl.with(
        {
          input: objects.map((each) => JSON.stringify(each)).join("\n---\n"),
          environment: { KUBECTL_APPLYSET: "true" },
        },
        ...["apply", "-n", "default", "--prune", "--applyset=mine", "-f", "-"],
      );
    assert.equal((await withSet(configMap("s1", {}), configMap("s2", {}))).code, 0);
    const second = await withSet(configMap("s1", {}));
    assert.match(second.stdout, /^configmap\/s2 pruned$/m, second.stderr);
  });

  test("apply tells unknown fields as it is asked to", async () => {
    const odd = { ...configMap("odd", {}), foo: 1 };
    assert.match(await refused(feed([odd], "apply", "-f", "-")), /strict decoding error: unknown field "foo"/);
    const warned = await feed([odd], "apply", "--validate=warn", "-f", "-");
    assert.equal(warned.stderr, 'Warning: unknown field "foo"\n');
    assert.equal((await feed([odd], "apply", "--validate=ignore", "-f", "-")).stderr, "");
  });

  test("patch: strategic, merge, json, and the scale subresource", async () => {
    const patch = (...words: string[]) => kubectl("patch", ...words);
    const container = { name: "main", image: "a:3" };
    const body = JSON.stringify({ spec: { template: { spec: { containers: [container] } } } });
    assert.equal((await patch("deployment", "app", "-p", body)).stdout, "deployment.apps/app patched\n");
    const { spec } = await kubectl.get<Deployment>("deployment", "app");
    assert.deepEqual(spec?.template.spec?.containers[0]?.ports, [{ containerPort: 80, protocol: "TCP" }]);
    assert.equal((await patch("deployment", "app", "-p", body)).stdout, "deployment.apps/app patched (no change)\n");
    await kubectl.ok("patch", "configmap", "settings", "--type=merge", "-p", '{"data":{"a":null,"b":"2"}}');
    await kubectl.ok(
      "patch",
      "configmap",
      "settings",
      "--type=json",
      "-p",
      '[{"op":"add","path":"/data/c","value":"3"}]',
    );
    assert.deepEqual((await kubectl.get<ConfigMap>("configmap", "settings")).data, { b: "2", c: "3" });
    const failed = patch("configmap", "settings", "--type=json", "-p", '[{"op":"test","path":"/data/c","value":"4"}]');
    assert.match(await refused(failed), /^The request is invalid: the server rejected our request due to an error/);
    const scaled = await patch(
      "deployment",
      "app",
      "--subresource=scale",
      "--type=merge",
      "-p",
      '{"spec":{"replicas":2}}',
    );
    assert.equal(scaled.stdout, "scale.autoscaling/app patched\n");
    assert.match(
      await kubectl.ok("get", "deployment", "app", "--subresource=scale"),
      /^NAME +DESIRED +AVAILABLE +AGE$/m,
    );
  });

  test("edit with an editor: saved, not changed, not valid", async () => {
    const editor = file("editor.sh", '#!/bin/sh\nsed -i \'s/c: "3"/c: edited/\' "$1"\n', 0o755);
    const edit = (program: string, ...words: string[]) =>
      kubectl.with({ environment: { EDITOR: program } }, "edit", ...words);
    assert.equal((await edit(editor, "configmap", "settings")).stdout, "configmap/settings edited\n");
    assert.equal((await kubectl.get<ConfigMap>("configmap", "settings")).data?.c, "edited");
    assert.equal((await edit("true", "configmap", "settings")).stderr, "Edit cancelled, no changes made.\n");
    assert.equal((await edit("true", "configmaps", "l1", "l2")).stderr, "Edit cancelled, no changes made.\n");
    const breaker = file("breaker.sh", "#!/bin/sh\nsed -i 's/replicas: .*/replicas: -5/' \"$1\"\n", 0o755);
    const broken = await refused(edit(breaker, "deployment", "app"));
    assert.match(broken, /deployments\.apps "app" is invalid/);
  });

  test("label and annotate", async () => {
    const words = ["configmap", "settings"];
    assert.equal(await kubectl.ok("label", ...words, "x=y"), "configmap/settings labeled\n");
    assert.match(
      await refused(kubectl("label", ...words, "x=z")),
      /already has a value \(y\), and --overwrite is false/,
    );
    await kubectl.ok("label", ...words, "x=z", "--overwrite");
    assert.equal(await kubectl.ok("label", ...words, "--list"), "x=z\n");
    assert.equal(await kubectl.ok("label", ...words, "x-"), "configmap/settings unlabeled\n");
    assert.match(await refused(kubectl("label", ...words, "bad key=1")), /metadata\.labels: Invalid value: "bad key"/);
    assert.equal(await kubectl.ok("annotate", ...words, "a=b"), "configmap/settings annotated\n");
    assert.deepEqual((await kubectl.get<ConfigMap>(...words)).metadata?.annotations, { a: "b" });
  });

  test("replace: needs the present version, --force makes anew", async () => {
    const { managedFields: _, ...metadata } = (await kubectl.get<ConfigMap>("configmap", "settings")).metadata!;
    const changed = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { new: "1" } };
    assert.equal((await feed([changed], "replace", "-f", "-")).stdout, "configmap/settings replaced\n");
    assert.match(
      await refused(feed([{ ...changed, data: { new: "2" } }], "replace", "-f", "-")),
      /Operation cannot be fulfilled on configmaps "settings": the object has been modified/,
    );
    const forced = await feed([configMap("settings", { forced: "1" })], "replace", "--force", "-f", "-");
    assert.equal(forced.stdout, 'configmap "settings" deleted from default namespace\nconfigmap/settings replaced\n');
    assert.notEqual((await kubectl.get<ConfigMap>("configmap", "settings")).metadata?.uid, metadata.uid);
    assert.match(await refused(feed([configMap("none", {})], "replace", "-f", "-")), /configmaps "none" not found/);
  });

  test("kustomize and -k", async () => {
    const directory = join(cluster.dataDirectory, "..", "kustomization");
    mkdirSync(directory);
    const text = "namePrefix: k-\nconfigMapGenerator: [{name: g, literals: [a=b]}]\n";
    writeFileSync(join(directory, "kustomization.yaml"), text);
    const [, name] = (await kubectl.ok("kustomize", directory)).match(/name: (k-g-\w+)/)!;
    assert.equal(await kubectl.ok("apply", "-k", directory), `configmap/${name} created\n`);
    assert.equal((await kubectl("diff", "-k", directory)).code, 0);
    assert.equal(await kubectl.ok("delete", "-k", directory), `configmap "${name}" deleted from default namespace\n`);
  });

  test("delete: by label, several, without objection, of what may not go", async () => {
    assert.equal(
      await kubectl.ok("delete", "configmap", "-l", "set=x"),
      'configmap "p1" deleted from default namespace\n',
    );
    const twice = await refused(kubectl("delete", "configmap", "none", "never"));
    assert.equal(twice.split("\n").length, 2);
    assert.equal(await kubectl.ok("delete", "configmap", "none", "--ignore-not-found"), "");
    assert.match(await kubectl.ok("delete", "deployment", "app", "--dry-run=server"), /\(server dry run\)/);
    await kubectl.ok("delete", "deployment", "app", "--cascade=orphan");
    assert.match(await kubectl.ok("get", "replicasets", "-l", "app=app", "-o", "name"), /^replicaset\.apps\/app-/);
    await kubectl.ok("delete", "replicasets", "-l", "app=app", "--cascade=foreground", "--timeout=20s");
    await kubectl.ok("delete", "deployment", "web", "--cascade=background");
    assert.match(
      await refused(kubectl("delete", "namespace", "kube-system")),
      /namespaces "kube-system" is forbidden: this namespace may not be deleted/,
    );
    await kubectl.ok("delete", "namespace", "shop", "--timeout=20s");
    assert.match(await refused(kubectl("get", "namespace", "shop")), /namespaces "shop" not found/);
  });

  test("nothing of it worries the program", () => assertQuietLog(cluster));
});
