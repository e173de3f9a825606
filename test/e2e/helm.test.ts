import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, suite, test } from "node:test";
import { unpackClients } from "../../scripts/clients.ts";
import type { Deployment } from "../../src/api/generated/apps/v1.ts";
import type { ConfigMap } from "../../src/api/generated/core/v1.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { assertQuietLog } from "../support/quiet-log.ts";
import { refused } from "../support/refused.ts";
import { type Result, run } from "../support/run.ts";

const WAIT = ["--wait", "--timeout", "30s"];

const chart = {
  "Chart.yaml": 'apiVersion: v2\nname: shop\nversion: 0.1.0\nappVersion: "1"\nkubeVersion: ">=1.36.0-0"\n',
  "values.yaml": "replicas: 2\nmessage: hello\n",
  "templates/NOTES.txt": "{{ .Release.Name }} says {{ .Values.message }}\n",
  "templates/deployment.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec: {containers: [{name: main, image: "a:1"}]}
`,
  "templates/service.yaml": `apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec: {selector: {app: {{ .Release.Name }}}, ports: [{port: 80}]}
`,
  "templates/config.yaml": `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data:
  message: {{ .Values.message }}
  version: {{ .Capabilities.KubeVersion.Version | quote }}
  hasJobs: {{ .Capabilities.APIVersions.Has "batch/v1/Job" | quote }}
---
apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}}
stringData: {key: value}
`,
  "templates/hook.yaml": `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-hook
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: before-hook-creation}
data: {revision: "{{ .Release.Revision }}"}
`,
};

/** A chart's life with the real helm, on a simulated node. */
suite("helm", () => {
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];
  let directory: string;

  before(async () => {
    cluster = await startCluster({ words: ["--runtime", "simulated"] });
    kubectl = cluster.kubectl;
    directory = join(cluster.dataDirectory, "..", "shop");
    mkdirSync(join(directory, "templates"), { recursive: true });
    for (const [name, content] of Object.entries(chart)) writeFileSync(join(directory, name), content);
  });
  afterEach((context) => cluster.tell(context));
  after(() => cluster?.remove());

  const helm = (...words: readonly string[]): Promise<Result> =>
    run(unpackClients().helm, words, { environment: kubectl.environment, timeoutMs: 60_000 });
  const ok = async (...words: readonly string[]): Promise<string> => {
    const result = await helm(...words);
    assert.equal(result.code, 0, `helm ${words.join(" ")}: ${result.stdout}${result.stderr}`);
    return result.stdout;
  };
  const data = async (name: string) => (await kubectl.get<ConfigMap>("configmap", name)).data;
  const ready = async () => (await kubectl.get<Deployment>("deployment", "web")).status?.readyReplicas;

  test("lint, and template with the cluster's capabilities", async () => {
    assert.match(await ok("lint", directory), /1 chart\(s\) linted, 0 chart\(s\) failed/);
    const rendered = await ok("template", "web", directory, "--dry-run=server");
    assert.match(rendered, /^ {2}version: "v1\.36\.\d/m);
    assert.match(rendered, /^ {2}hasJobs: "true"$/m);
  });

  test("install: hooks first, then all of it, waited for", async () => {
    const said = await ok("install", "web", directory, ...WAIT);
    assert.match(said, /^STATUS: deployed\nREVISION: 1$/m);
    assert.match(said, /^web says hello$/m);
    assert.equal(await ready(), 2);
    assert.deepEqual(await data("web-hook"), { revision: "1" });
    assert.equal((await data("web"))?.message, "hello");
    assert.match(await refused(helm("install", "web", directory)), /cannot reuse a name that is still in use/);
  });

  test("list, status, get", async () => {
    assert.match(await ok("list", "-A"), /^web +\tdefault +\t1 +\t.*\tdeployed\tshop-0\.1\.0\t1 *$/m);
    assert.match(
      await ok("status", "web"),
      /^==> v1\/Deployment\nNAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 /m,
    );
    assert.match(await ok("get", "manifest", "web"), /^# Source: shop\/templates\/service\.yaml$/m);
    assert.match(await ok("get", "hooks", "web"), /name: web-hook/);
    assert.match(await ok("get", "notes", "web"), /web says hello/);
  });

  test("upgrade, and one that fails", async () => {
    const said = await ok("upgrade", "web", directory, "--set", "replicas=3", "--set", "message=bye", ...WAIT);
    assert.match(said, /^REVISION: 2$/m);
    assert.equal(await ready(), 3);
    assert.equal((await data("web"))?.message, "bye");
    assert.deepEqual(await data("web-hook"), { revision: "2" });
    assert.match(await ok("get", "values", "web"), /^message: bye\nreplicas: 3$/m);
    const broken = await refused(helm("upgrade", "web", directory, "--set", "replicas=many"));
    assert.match(broken, /UPGRADE FAILED: .*\.spec\.replicas: expected numeric \(int or float\), got string/);
    assert.equal(await ready(), 3);
  });

  test("rollback and history", async () => {
    assert.match(await ok("rollback", "web", "1", ...WAIT), /Rollback was a success/);
    assert.equal(await ready(), 2);
    assert.equal((await data("web"))?.message, "hello");
    const history = (await ok("history", "web")).trimEnd().split("\n").slice(1);
    assert.deepEqual(
      history.map((line) => line.split("\t")[2]!.trim()),
      ["superseded", "superseded", "failed", "deployed"],
    );
    assert.match(history.at(-1)!, /Rollback to 1/);
  });

  test("uninstall takes all of it away but the hook", async () => {
    assert.equal(await ok("uninstall", "web", ...WAIT), 'release "web" uninstalled\n');
    const left = await kubectl.ok("get", "deployments,services,configmaps,secrets", "-o", "name");
    assert.deepEqual(left.trim().split("\n").sort(), [
      "configmap/kube-root-ca.crt",
      "configmap/web-hook",
      "service/kubernetes",
    ]);
    assert.match(await refused(helm("status", "web")), /release: not found/);
  });

  test("nothing of it worries the program", () => assertQuietLog(cluster));
});
