import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { unpackClients } from "../../scripts/clients.ts";
import type { Deployment } from "../../src/api/generated/apps/v1.ts";
import type { Job } from "../../src/api/generated/batch/v1.ts";
import type { ConfigMap, Pod } from "../../src/api/generated/core/v1.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { assertQuietLog } from "../support/quiet-log.ts";
import { refused } from "../support/refused.ts";
import { type Result, run } from "../support/run.ts";

const CHART = fileURLToPath(new URL("charts/market", import.meta.url));
const WAIT = ["--wait", "--timeout", "30s"];
const SIMULATION = `
rules:
  - {labels: {ends: ok}, exit: {afterMs: 50, code: 0}}
  - {labels: {ends: badly}, exit: {afterMs: 50, code: 1}}
  - {images: ["*:broken"], pull: {durationMs: 10, error: manifest unknown}}
  - {sandbox: {durationMs: 10}, pull: {durationMs: 10}, start: {durationMs: 10}}
`;

/** A chart with a definition, hooks, a test, policies and lookups through its whole life. */
suite("helm and a chart of everything", () => {
  let directory: string;
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "wherry-helm-"));
    const rules = join(directory, "simulation.yaml");
    writeFileSync(rules, SIMULATION);
    cluster = await startCluster({ words: ["--no-node", "--simulated-nodes", "2", "--simulation", rules] });
    kubectl = cluster.kubectl;
  });
  afterEach((context) => cluster.tell(context));
  after(async () => {
    await cluster?.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  const helm = (...words: readonly string[]): Promise<Result> =>
    run(unpackClients().helm, [...words, "-n", "fair"], { environment: kubectl.environment, timeoutMs: 60_000 });
  const ok = async (...words: readonly string[]): Promise<string> => {
    const result = await helm(...words);
    assert.equal(result.code, 0, `helm ${words.join(" ")}: ${result.stdout}${result.stderr}`);
    return result.stdout;
  };
  const get = <T>(kind: string, name: string): Promise<T> => kubectl.get<T>("-n", "fair", kind, name);
  const config = async () => (await get<ConfigMap>("configmap", "town")).data;
  const goods = () => kubectl.ok("-n", "fair", "get", "stall", "town", "-o", "jsonpath={.spec}");
  const history = async (): Promise<string[]> =>
    (JSON.parse(await ok("history", "town", "-o", "json")) as { revision: number; status: string }[]).map(
      ({ revision, status }) => `${revision} ${status}`,
    );

  test("what does not fit the chart's own schema or the cluster's is refused, and leaves nothing", async () => {
    assert.match(await ok("lint", CHART), /1 chart\(s\) linted, 0 chart\(s\) failed/);
    const install = (...words: string[]) => helm("install", "town", CHART, "--create-namespace", ...words);
    assert.match(await refused(install("--set", "replicas=0")), /replicas/);
    assert.match(await ok("template", "town", CHART, "--include-crds"), /^kind: CustomResourceDefinition$/m);
    const served = await ok("template", "town", CHART, "--dry-run=server");
    assert.match(served, /^ {2}nodes: "2"$/m);
    assert.equal(await kubectl.ok("get", "namespace", "fair", "--ignore-not-found"), "");
  });

  test("install: definitions, the first hook's job, then the rest, until all of it is ready", async () => {
    const said = await ok("install", "town", CHART, "--create-namespace", ...WAIT);
    assert.match(said, /^STATUS: deployed\nREVISION: 1$/m);
    assert.match(said, /^town is open: welcome\.$/m);
    const prepared = (await get<Job>("job", "town-prepare")).status?.completionTime;
    const { metadata, status } = await get<Deployment>("deployment", "town");
    assert.ok(prepared! <= metadata!.creationTimestamp!, "the hook ends before the Deployment is made");
    assert.equal(status?.readyReplicas, 2);
    assert.deepEqual(await config(), { before: "nothing", greeting: "welcome", hasStalls: "true", nodes: "2" });
    assert.deepEqual(JSON.parse(await goods()), { goods: ["apples", "welcome"], open: true });
    const kinds = ["serviceaccount", "role", "rolebinding", "service", "hpa", "pdb", "networkpolicy"];
    const made = await kubectl.ok("-n", "fair", "get", kinds.join(","), "town", "-o", "name");
    assert.equal(made.trim().split("\n").length, kinds.length);
  });

  test("test: a pod that ends well, and one that does not", async () => {
    assert.match(await ok("test", "town"), /^TEST SUITE: +town-connects$[\s\S]*^Phase: +Succeeded$/m);
    await ok("upgrade", "town", CHART, "--set", "testExit=badly", ...WAIT);
    assert.match(await refused(helm("test", "town")), /pod town-connects failed/);
    assert.equal((await get<Pod>("pod", "town-connects")).status?.phase, "Failed");
  });

  test("upgrade: what is there is looked up, custom resources change, the job after it is made anew", async () => {
    const words = ["--set", "greeting=goodbye", "--set", "replicas=3", "--reset-values"];
    await ok("upgrade", "town", CHART, ...words, ...WAIT);
    assert.deepEqual(await config(), { before: "welcome", greeting: "goodbye", hasStalls: "true", nodes: "2" });
    assert.deepEqual(JSON.parse(await goods()), { goods: ["apples", "goodbye"], open: true });
    assert.equal((await get<Deployment>("deployment", "town")).status?.readyReplicas, 3);
    const { spec, status } = await get<Job>("job", "town-migrate");
    assert.deepEqual([spec?.template.metadata?.labels?.revision, status?.succeeded], ["3", 1]);
    assert.match(await ok("get", "values", "town"), /^greeting: goodbye\nreplicas: 3$/m);
    assert.match(await ok("get", "all", "town"), /^# Source: market\/templates\/hooks\.yaml$/m);
  });

  test("an upgrade that does not become ready is taken back by itself", async () => {
    const words = ["--set", "image=a:broken", "--rollback-on-failure", "--wait", "--timeout", "3s"];
    assert.match(await refused(helm("upgrade", "town", CHART, ...words)), /rollback-on-failure|rolled back/);
    await kubectl.ok("-n", "fair", "rollout", "status", "deployment/town", "--timeout=20s");
    const [container] = (await get<Deployment>("deployment", "town")).spec!.template.spec!.containers;
    assert.equal(container?.image, "registry.example/market:3.4");
    assert.deepEqual(await history(), ["1 superseded", "2 superseded", "3 superseded", "4 failed", "5 deployed"]);
  });

  test("rollback to the first, and its status", async () => {
    await ok("rollback", "town", "1", ...WAIT);
    assert.equal((await config())?.greeting, "welcome");
    assert.equal((await get<Deployment>("deployment", "town")).spec?.replicas, 2);
    assert.equal((await history()).at(-1), "6 deployed");
    const status = await ok("status", "town");
    assert.match(status, /^==> v1\/Stall\nNAME +OPEN\ntown +true$/m);
    assert.match(status, /^==> v2\/HorizontalPodAutoscaler\nNAME +REFERENCE /m);
  });

  test("an install that fails takes itself away again", async () => {
    const words = ["--set", "image=a:broken", "--rollback-on-failure", "--wait", "--timeout", "2s"];
    assert.match(await refused(helm("install", "ghost", CHART, ...words)), /failed/);
    assert.doesNotMatch(await ok("list", "-q"), /ghost/);
    const left = await kubectl.ok("-n", "fair", "get", "deployments,services,stalls,networkpolicies", "-o", "name");
    assert.doesNotMatch(left, /ghost/);
  });

  test("uninstall keeps definitions and what hooks made", async () => {
    assert.match(await ok("uninstall", "town", ...WAIT), /^release "town" uninstalled$/m);
    const kinds = "deployments,services,serviceaccounts,configmaps,stalls,hpa,pdb,networkpolicies,roles,secrets";
    const left = (await kubectl.ok("-n", "fair", "get", kinds, "-o", "name")).trim().split("\n").sort();
    const kept = left.filter((name) => !name.includes("ghost"));
    assert.deepEqual(kept, ["configmap/kube-root-ca.crt", "configmap/town-last-words", "serviceaccount/default"]);
    assert.match(await kubectl.ok("get", "crd", "stalls.market.example", "-o", "name"), /stalls/);
  });

  test("nothing of it worries the program", () => assertQuietLog(cluster));
});
