import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, suite, test } from "node:test";
import type { Deployment } from "../../src/api/generated/apps/v1.ts";
import type { ConfigMap, Secret } from "../../src/api/generated/core/v1.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { page } from "../support/http.ts";
import { configMap } from "../support/objects.ts";
import { assertQuietLog } from "../support/quiet-log.ts";
import { refused } from "../support/refused.ts";
import { run } from "../support/run.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const QUIET = ["--request-timeout=5s"];

/** kubectl's other ways to the API: raw paths, proxies, dry runs, subresources, other people's names, dumps. */
suite("kubectl's other ways", () => {
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];
  let directory: string;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "wherry-kubectl-"));
    cluster = await startCluster({ words: ["--no-node"] });
    kubectl = cluster.kubectl;
  });
  afterEach((context) => cluster.tell(context));
  after(async () => {
    await cluster?.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  const file = (name: string, content: string | object): string => {
    const path = join(directory, name);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  };
  const get = (name: string): Promise<ConfigMap> => kubectl.get<ConfigMap>("configmap", name);

  test("create, replace, get and delete of raw paths", async () => {
    const path = file("raw.json", { ...configMap("raw", { a: "1" }), kind: "ConfigMap" });
    const created = JSON.parse(await kubectl.ok("create", "--raw", MAPS, "-f", path)) as ConfigMap;
    assert.equal(created.metadata?.namespace, "default");
    const changed = file("changed.json", configMap("raw", { a: "2" }));
    const replaced = JSON.parse(await kubectl.ok("replace", "--raw", `${MAPS}/raw`, "-f", changed)) as ConfigMap;
    assert.deepEqual([replaced.metadata?.uid, replaced.data], [created.metadata?.uid, { a: "2" }]);
    const list = JSON.parse(await kubectl.ok("get", "--raw", `${MAPS}?limit=1`)) as { kind: string };
    assert.equal(list.kind, "ConfigMapList");
    const status = JSON.parse(await kubectl.ok("delete", "--raw", `${MAPS}/raw`)) as { status: string };
    assert.equal(status.status, "Success");
    assert.match(await refused(kubectl("delete", "--raw", `${MAPS}/raw`)), /configmaps "raw" not found/);
  });

  test("secrets of TLS and of files; what is printed on dry runs", async () => {
    const key = join(directory, "tls.key");
    const certificate = join(directory, "tls.crt");
    const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    const openssl = await run("openssl", [...made, "-subj", "/CN=a.example", "-keyout", key, "-out", certificate]);
    assert.equal(openssl.code, 0, openssl.stderr);
    await kubectl.ok("create", "secret", "tls", "tls", `--cert=${certificate}`, `--key=${key}`);
    const { type, data } = await kubectl.get<Secret>("secret", "tls");
    assert.equal(type, "kubernetes.io/tls");
    assert.equal(Buffer.from(data!["tls.crt"]!, "base64").toString(), readFileSync(certificate, "utf8"));
    const wrong = kubectl.with(
      { input: JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name: "x" }, type, data: {} }) },
      ...["create", "-f", "-"],
    );
    assert.match(await refused(wrong), /data\[tls\.crt\]: Required value/);
    const words = [
      "create",
      "configmap",
      "files",
      `--from-file=${certificate}`,
      "--from-env-file",
      file("env", "A=b\n"),
    ];
    assert.match(await refused(kubectl(...words)), /cannot be combined|from-env-file/);
    await kubectl.ok("create", "configmap", "files", `--from-file=here=${certificate}`, "--append-hash");
    const yaml = await kubectl.ok(
      "create",
      "configmap",
      "ghost",
      "--from-literal=a=b",
      "--dry-run=client",
      "-o",
      "yaml",
    );
    assert.equal(yaml, "apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\nmetadata:\n  name: ghost\n");
    assert.equal(await kubectl.ok("get", "configmap", "ghost", "--ignore-not-found"), "");
  });

  test("apply: dry runs on both sides, the note of what was applied, and back from server-side to client-side", async () => {
    const apply = (value: string, ...words: string[]) =>
      kubectl.with({ input: JSON.stringify(configMap("app", { a: value })) }, "apply", "-f", "-", ...words);
    assert.equal((await apply("1", "--dry-run=client")).stdout, "configmap/app created (dry run)\n");
    assert.equal((await apply("1", "--dry-run=server")).stdout, "configmap/app created (server dry run)\n");
    assert.equal(await kubectl.ok("get", "configmap", "app", "--ignore-not-found"), "");
    await apply("1");
    assert.equal((await apply("2", "--dry-run=server", "-o", "jsonpath={.data.a}")).stdout, "2");
    assert.equal((await apply("2", "--server-side", "--dry-run=server", "-o", "jsonpath={.data.a}")).stdout, "2");
    assert.equal((await get("app")).data?.a, "1");
    assert.equal((await apply("2", "--server-side")).stdout, "configmap/app serverside-applied\n");
    // The note has followed: client-side apply knows what it may take away.
    assert.match(await kubectl.ok("apply", "view-last-applied", "configmap/app"), /^ {2}a: "2"$/m);
    assert.equal((await apply("3")).stdout, "configmap/app configured\n");
    const set = file("set.json", configMap("app", { a: "4" }));
    await kubectl.ok("apply", "set-last-applied", "-f", set);
    assert.match(await kubectl.ok("apply", "view-last-applied", "configmap/app", "-o", "json"), /"a": "4"/);
    assert.equal((await get("app")).data?.a, "3");
  });

  test("subresources: shown, replaced, edited, patched; generations count the rest", async () => {
    await kubectl.ok("create", "deployment", "web", "--image=a:1", "--replicas=0");
    const scale = await kubectl.ok("get", "deployment", "web", "--subresource=scale", "-o", "jsonpath={.kind} {.spec}");
    assert.match(scale, /^Scale/);
    const condition = { type: "Tested", status: "True", reason: "Here", message: "by hand" };
    const body = JSON.stringify({ status: { conditions: [condition] } });
    await kubectl.ok("patch", "deployment", "web", "--subresource=status", "-p", body);
    await kubectl.ok("wait", "deployment/web", "--for=condition=Tested", "--timeout=5s");
    const old = await kubectl.get<Deployment>("deployment", "web");
    const changed = { ...old, spec: { ...old.spec, replicas: 9 }, status: { ...old.status, replicas: 7 } };
    await kubectl.with({ input: JSON.stringify(changed) }, "replace", "--subresource=status", "-f", "-");
    const now = await kubectl.get<Deployment>("deployment", "web");
    assert.equal(now.spec?.replicas, 0);
    assert.equal(now.metadata?.generation, old.metadata?.generation);
    assert.match(await refused(kubectl("get", "configmap", "app", "--subresource=status")), /could not find|not found/);
  });

  test("as somebody else: name, groups, uid, extra", async () => {
    const jane = ["--as=jane", "--as-group=dev", "--as-uid=u1", "--as-user-extra=team=blue"];
    const { status } = JSON.parse(await kubectl.ok("auth", "whoami", ...jane, "-o", "json")) as { status: object };
    assert.deepEqual(status, {
      userInfo: { username: "jane", uid: "u1", groups: ["dev", "system:authenticated"], extra: { team: ["blue"] } },
    });
    await kubectl.ok("create", "rolebinding", "dev", "--clusterrole=view", "--group=dev");
    assert.match(await kubectl.ok("get", "configmaps", ...jane), /^app /m);
    assert.match(await refused(kubectl("create", "configmap", "x", ...jane)), /User "jane" cannot create resource/);
    const account = "--as=system:serviceaccount:default:default";
    assert.match(await refused(kubectl("get", "pods", account)), /cannot list resource "pods"/);
  });

  test("who may ask about others: reviews of access as somebody else", async () => {
    const robot = "system:serviceaccount:default:robot";
    await kubectl.ok("create", "serviceaccount", "robot");
    await kubectl.ok("create", "rolebinding", "robot", "--clusterrole=view", "--serviceaccount=default:robot");
    const spec = { user: robot, resourceAttributes: { verb: "list", resource: "configmaps", namespace: "default" } };
    const review = (kind: string, namespace: string, ...words: string[]) => {
      const metadata = namespace === "" ? {} : { namespace };
      const input = JSON.stringify({ apiVersion: "authorization.k8s.io/v1", kind, metadata, spec });
      return kubectl.with(
        { input },
        "create",
        "-f",
        "-",
        "-o",
        "jsonpath={.status.allowed}",
        "--validate=false",
        ...words,
      );
    };
    assert.equal((await review("SubjectAccessReview", "")).stdout, "true");
    assert.equal((await review("LocalSubjectAccessReview", "default")).stdout, "true");
    assert.match(await refused(review("SubjectAccessReview", "", "--as=bob")), /User "bob" cannot create resource/);
    await kubectl.ok("create", "clusterrolebinding", "asks", "--clusterrole=system:auth-delegator", "--user=bob");
    assert.equal((await review("SubjectAccessReview", "", "--as=bob")).stdout, "true");
    assert.equal(await kubectl.ok("auth", "can-i", "list", "configmaps", `--as=${robot}`), "yes\n");
  });

  test("every namespace has the authority's certificate, also when somebody changes or deletes it", async () => {
    const authority = async (namespace: string) =>
      kubectl.ok(
        "get",
        "configmap",
        "kube-root-ca.crt",
        "-n",
        namespace,
        "--ignore-not-found",
        "-o",
        "jsonpath={.data}",
      );
    const right = await authority("default");
    assert.match(right, /BEGIN CERTIFICATE/);
    await kubectl.ok("create", "namespace", "new");
    await eventually("a new namespace has it", async () => (await authority("new")) === right);
    await kubectl.ok("delete", "configmap", "kube-root-ca.crt", "-n", "new");
    await eventually("it is made again", async () => (await authority("new")) === right);
    await kubectl.ok(
      "patch",
      "configmap",
      "kube-root-ca.crt",
      "-n",
      "new",
      "--type=merge",
      "-p",
      '{"data":{"ca.crt":""}}',
    );
    await eventually("it is put right", async () => (await authority("new")) === right);
  });

  test("get: files, filters of JSONPath, and every other template", async () => {
    await kubectl.apply(configMap("b", { n: "2", x: "y" }), configMap("c", { n: "1" }));
    const path = (text: string) => kubectl.ok("get", "configmaps", "-o", `jsonpath=${text}`);
    assert.equal(await path('{.items[?(@.data.n=="1")].metadata.name}'), "c");
    assert.equal(await path("{range .items[?(@.data.n)]}{.metadata.name}={.data.n};{end}"), "b=2;c=1;");
    assert.equal(await kubectl.ok("get", "configmap", "b", "-o", "jsonpath-as-json={.data.n}"), '[\n    "2"\n]\n');
    const template = file("t", "{{range .items}}{{if .data.n}}{{.metadata.name}} {{end}}{{end}}");
    assert.equal(await kubectl.ok("get", "configmaps", "-o", `go-template-file=${template}`), "b c ");
    const columns = file("columns", "NAME N\n.metadata.name .data.n\n");
    const table = await kubectl.ok("get", "configmap", "b", "-o", `custom-columns-file=${columns}`);
    assert.equal(table, "NAME   N\nb      2\n");
    const sorted = await kubectl.ok("get", "configmaps", "b", "c", "--sort-by=.data.n", "-o", "name");
    assert.equal(sorted, "configmap/c\nconfigmap/b\n");
    assert.match(await kubectl.ok("get", "deployments", "--server-print=false"), /^NAME +AGE\nweb /);
    assert.match(await kubectl.ok("get", "configmap", "b", "-o", "kyaml"), /^---\n\{\n {2}apiVersion: "v1",$/m);
  });

  test("the proxy: on a socket, below a prefix, and not for what may run commands", async () => {
    const socket = join(directory, "proxy.sock");
    const onSocket = kubectl.start(["proxy", `--unix-socket=${socket}`, "--api-prefix=/k8s/"]);
    await eventually("the socket", () => /Starting to serve on /.test(onSocket.stdout()));
    const answer = await new Promise<string>((resolve, reject) => {
      const sent = request({ socketPath: socket, path: "/k8s/version", headers: { host: "localhost" } }, (response) => {
        let text = "";
        response
          .setEncoding("utf8")
          .on("data", (part: string) => (text += part))
          .on("end", () => resolve(text));
      });
      sent.on("error", reject).end();
    });
    const version = JSON.parse(answer) as { major: string; minor: string };
    assert.deepEqual([version.major, version.minor], ["1", "36"]);
    await onSocket.stop();
    const onPort = kubectl.start(["proxy", "--port=0", "--reject-methods=POST"]);
    const address = await eventually("the address", () => onPort.stdout().match(/127\.0\.0\.1:\d+/)?.[0]);
    assert.match(await page(`http://${address}${MAPS}`), /"kind": ?"ConfigMapList"/);
    const refusedExec = await fetch(`http://${address}/api/v1/namespaces/default/pods/x/exec`);
    assert.equal(refusedExec.status, 403);
    const watching = await fetch(`http://${address}${MAPS}?watch=1&timeoutSeconds=1`);
    assert.match(await watching.text(), /"type":"ADDED"/);
    await onPort.stop();
  });

  test("cluster-info dump into a directory; versions; plug-ins; completion", async () => {
    const dump = join(directory, "dump");
    await kubectl.ok("cluster-info", "dump", "-A", `--output-directory=${dump}`);
    assert.ok(readdirSync(join(dump, "default")).includes("deployments.json"));
    const version = JSON.parse(await kubectl.ok("version", "-o", "json")) as { serverVersion: Record<string, string> };
    for (const name of ["buildDate", "compiler", "gitVersion", "goVersion", "platform"])
      assert.ok(version.serverVersion[name], name);
    assert.match(await refused(kubectl("plugin", "list")), /unable to find any kubectl plugins in your PATH/);
    assert.match((await kubectl("alpha")).stderr, /No alpha commands are available/);
    const complete = await kubectl.ok("__complete", "get", "configmap", "a");
    assert.match(complete, /^app$/m);
  });

  test("label and annotate: all, by label, of one version, without a server", async () => {
    assert.match(await kubectl.ok("label", "configmaps", "--all", "of=all"), /^configmap\/app labeled$/m);
    assert.equal(
      await kubectl.ok(
        "label",
        "configmaps",
        "-l",
        "of=all,kubernetes.io/nothing!=x",
        "of-",
        "--field-selector=metadata.name=b",
      ),
      "configmap/b unlabeled\n",
    );
    assert.match(
      await refused(kubectl("annotate", "configmap", "b", "a=b", "--resource-version=1")),
      /the object has been modified/,
    );
    const local = kubectl.with(
      { input: JSON.stringify(configMap("nowhere", {})) },
      "label",
      "--local",
      "-f",
      "-",
      "a=b",
      "-o",
      "yaml",
    );
    assert.match((await local).stdout, /^ {4}a: b$/m);
  });

  test("api-resources and api-versions in every form", async () => {
    const verbs = await kubectl.ok("api-resources", "--verbs=deletecollection", "-o", "wide", "--sort-by=kind");
    assert.match(
      verbs,
      /^deployments +deploy +apps\/v1 +true +Deployment +create,delete,deletecollection,get,list,patch,update,watch +all$/m,
    );
    assert.match(await kubectl.ok("api-resources", "--categories=all", "-o", "name"), /^cronjobs\.batch$/m);
    const versions = (await kubectl.ok("api-versions")).trim().split("\n");
    assert.deepEqual(versions, [...versions].sort());
    for (const version of ["v1", "apps/v1", "batch/v1", "rbac.authorization.k8s.io/v1"])
      assert.ok(versions.includes(version));
    assert.match(
      await refused(kubectl("api-resources", "--server=https://127.0.0.1:1", ...QUIET)),
      /connection refused|refused/,
    );
  });

  test("nothing of it worries the program", () => assertQuietLog(cluster));
});
