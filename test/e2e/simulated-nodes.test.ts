import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import type { Job } from "../../src/api/generated/batch/v1.ts";
import type { Node, Pod } from "../../src/api/generated/core/v1.ts";
import { type Cluster, startCluster, wherry } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";

const SIMULATION = `
nodes: {cpus: 2, pods: 50, labels: {zone: b}}
rules:
  - labels: {app: job}
    exit: {afterMs: 100, code: 0}
  - labels: {app: broken}
    start: {error: "exec: no such file"}
  - labels: {app: late}
    probes: {readiness: {failsBeforeMs: 600000}}
failures:
  - {nodes: [simulated-3], afterMs: 100}
`;

let directory: string;
let cluster: Cluster;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), "wherry-simulated-"));
  const file = join(directory, "simulation.yaml");
  writeFileSync(file, SIMULATION);
  cluster = await startCluster({ words: ["--no-node", "--simulated-nodes", "3", "--simulation", file] });
});
after(async () => {
  await cluster?.remove();
  rmSync(directory, { recursive: true, force: true });
});
afterEach((context) => cluster.tell(context));

const pod = (name: string, container: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app: name } },
  spec: { containers: [{ name: "main", image: "any:1", ...container }] },
});

test("nodes are Ready and have what the simulation gives them", async () => {
  const { items } = await cluster.kubectl.get<{ items: Node[] }>("nodes", "-l", "wherry.local/simulated=true,zone=b");
  assert.equal(items.length, 3);
  for (const { status, spec } of items) {
    assert.equal(status?.capacity?.cpu, "2");
    assert.equal(status?.capacity?.pods, "50");
    assert.match(spec?.podCIDR ?? "", /^100\.64\.\d+\.0\/24$/);
  }
});

test("a node that has failed runs nothing any more", async () => {
  const { kubectl } = cluster;
  await kubectl.ok("cordon", "simulated-3");
  const on = (nodeName: string) => ({ ...pod(`on-${nodeName}`), spec: { ...pod("x").spec, nodeName } });
  await kubectl.apply(on("simulated-2"), on("simulated-3"));
  await kubectl.ok("wait", "--for=condition=Ready", "pod/on-simulated-2", "--timeout=30s");
  assert.equal((await kubectl.get<Pod>("pod", "on-simulated-3")).status?.phase, "Pending");
});

test("pods run, jobs end, and rules make others fail", async () => {
  const { kubectl } = cluster;
  await kubectl.ok("create", "deployment", "web", "--image=web:1", "--replicas=6");
  await kubectl.ok("rollout", "status", "deployment/web", "--timeout=30s");
  const late = pod("late", { readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 } });
  const template = { metadata: { labels: { app: "job" } }, spec: { ...pod("job").spec, restartPolicy: "Never" } };
  await kubectl.apply(pod("broken"), late, {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "job" },
    spec: { completions: 3, parallelism: 3, template },
  });
  await kubectl.ok("wait", "--for=condition=Complete", "job/job", "--timeout=30s");
  assert.equal((await kubectl.get<Job>("job", "job")).status?.succeeded, 3);
  await eventually("the broken pod says why it does not start", async () => {
    const { status } = await kubectl.get<Pod>("pod", "broken");
    const state = status?.containerStatuses?.[0]?.state?.waiting ?? status?.containerStatuses?.[0]?.state?.terminated;
    return /no such file|back-off/.test(state?.message ?? "");
  });
  await eventually("the late pod runs and is not ready", async () => {
    const { status } = await kubectl.get<Pod>("pod", "late");
    return status?.phase === "Running" && status.containerStatuses?.[0]?.ready === false;
  });
});

test("logs of a simulated container are there and empty, exec says why not", async () => {
  assert.equal(await cluster.kubectl.ok("logs", "deployment/web", "--all-containers"), "");
  const refused = await cluster.kubectl("exec", "deployment/web", "--", "true");
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /simulated runtime runs no processes/);
});

test("a simulation that is none is refused before anything starts", async () => {
  const file = join(directory, "wrong.yaml");
  writeFileSync(file, "rules: [{exit: {code: 1}}]\n");
  const data = join(directory, "other");
  const words = ["--no-node", "--simulated-nodes", "1", "--simulation", file, "--data-dir", data];
  const { code, stderr } = await wherry("up", ...words);
  assert.equal(code, 2);
  assert.match(stderr, /rules\[0\]\.exit\.afterMs must be set/);
  const nobody = await wherry("up", "--no-node", "--simulation", file, "--data-dir", data);
  assert.equal(nobody.code, 2);
  assert.match(nobody.stderr, /--simulation is for --simulated-nodes or --runtime simulated/);
  const many = await wherry("up", "--simulated-nodes", "many", "--data-dir", data);
  assert.equal(many.code, 2);
  assert.match(many.stderr, /--simulated-nodes is a number/);
});

test("a node whose runtime is simulated follows the rules for pods, too", async () => {
  const other = await startCluster({
    words: ["--runtime", "simulated", "--simulation", join(directory, "simulation.yaml")],
  });
  try {
    const { kubectl } = other;
    await kubectl.apply({ ...pod("job"), spec: { ...pod("job").spec, restartPolicy: "Never" } });
    await kubectl.ok("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/job", "--timeout=30s");
  } finally {
    await other.remove();
  }
});

/** Of the process of a cluster's simulated nodes. */
function pidOfNodes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
}

test("simulated nodes end with their cluster, however that ends, and a cluster with its simulated nodes", async () => {
  const other = await startCluster({ words: ["--no-node", "--simulated-nodes", "1"] });
  try {
    const nodes = pidOfNodes(other.pid());
    await other.kill();
    await eventually("no process is left", async () => !existsSync(`/proc/${nodes}`));
    await other.up();
    const pid = other.pid();
    process.kill(pidOfNodes(pid), "SIGKILL");
    await eventually("the cluster says what has happened, and ends", async () => !existsSync(`/proc/${pid}`));
    assert.match(other.said(), /the process of the simulated nodes has ended: SIGKILL/);
  } finally {
    await other.remove();
  }
});
