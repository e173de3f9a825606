import assert from "node:assert/strict";
import { Resolver } from "node:dns/promises";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { kubectlOf } from "./kubectl.ts";
import { startProcess, type WherryProcess } from "./wherry-process.ts";

const MAIN = join(import.meta.dirname, "../../src/main.ts");

test("API server, controllers and scheduler as processes of their own, over HTTP", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "wherry-parts-"));
  const processes: WherryProcess[] = [];
  context.after(async () => {
    for (const each of processes.toReversed()) await each.stop();
    await rm(directory, { recursive: true, force: true });
  });
  const part = async (...words: string[]): Promise<WherryProcess> => {
    const started = startProcess([MAIN, ...words, "--data-dir", directory]);
    processes.push(started);
    await started.said(/ runs\. Stop with Ctrl-C\./);
    return started;
  };
  const kubectl = kubectlOf(join(directory, "kubeconfig"));

  await part("apiserver", "--port", "0");
  const [first, scheduler] = await Promise.all([part("controller-manager"), part("scheduler")]);
  await kubectl("create", "deployment", "web", "--image=example.test/web:1", "--replicas=2");
  const names = (output: string): string[] => output.trim().split("\n").filter(Boolean);
  const pods = names(
    await kubectl.until((output) => names(output).length === 2, ["get", "pods", "-l", "app=web", "-o", "name"]),
  );
  const reason = ["get", "events", "--field-selector", "reason=FailedScheduling", "-o", "jsonpath={.items[*].message}"];
  assert.match(await kubectl.until((output) => output !== "", reason), /no nodes available to schedule pods/);
  assert.match(await kubectl("get", ...pods), /Pending/);

  const holder = [
    "get",
    "lease",
    "-n",
    "kube-system",
    "kube-controller-manager",
    "-o",
    "jsonpath={.spec.holderIdentity}",
  ];
  const leader = await kubectl(...holder);
  assert.notEqual(leader, "");
  const accounts = await kubectl("get", "serviceaccounts", "-n", "kube-system", "-o", "name");
  assert.match(accounts, /serviceaccount\/replicaset-controller/);

  // Another instance stands by, and takes over as soon as the leader has gone.
  await part("controller-manager");
  assert.equal(await first.stop(), 0);
  await kubectl.until((output) => output !== "" && output !== leader, holder);
  await kubectl("scale", "deployment", "web", "--replicas=1");
  await kubectl.until((output) => names(output).length === 1, ["get", "pods", "-l", "app=web", "-o", "name"]);

  // With a node, the pod that waited is scheduled and runs.
  await part("kubelet", "--runtime", "simulated");
  await kubectl("wait", "deployment", "web", "--for=condition=Available", "--timeout=20s");

  assert.equal(await scheduler.stop(), 0);
  const log = await readFile(join(directory, "wherry.log"), "utf8");
  assert.doesNotMatch(log, /forbidden/);
});

const skip = (process.platform !== "linux" || process.getuid?.() !== 0) && "needs root on Linux: it makes a bridge";

test("the service proxy alone brings cluster DNS, and takes it away again", { skip }, async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "wherry-parts-"));
  const processes: WherryProcess[] = [];
  context.after(async () => {
    for (const each of processes.toReversed()) await each.stop();
    await rm(directory, { recursive: true, force: true });
  });
  for (const words of [["apiserver", "--port", "0"], ["proxy"]]) {
    const started = startProcess([MAIN, ...words, "--data-dir", directory]);
    processes.push(started);
    await started.said(/ runs\. Stop with Ctrl-C\./);
  }
  const kubectl = kubectlOf(join(directory, "kubeconfig"));
  const place = "{.endpoints[0].addresses[0]}:{.ports[0].port}";
  const server = await kubectl("get", "endpointslice", "-n", "kube-system", "kube-dns", "-o", `jsonpath=${place}`);
  const resolver = new Resolver({ timeout: 2000, tries: 3 });
  resolver.setServers([server]);
  assert.deepEqual(await resolver.resolve4("kubernetes.default.svc.cluster.local"), ["10.96.0.1"]);
  resolver.setServers(["10.96.0.10"]);
  assert.deepEqual(await resolver.resolve4("kube-dns.kube-system.svc.cluster.local"), ["10.96.0.10"]);
  assert.equal(await processes.pop()?.stop(), 0);
  const [address = ""] = server.split(":");
  const left = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  assert.ok(!left.some((each) => each.address === address), "the bridge is gone");
});

test("a part says which file it misses", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "wherry-parts-"));
  context.after(() => rm(directory, { recursive: true, force: true }));
  const scheduler = startProcess([MAIN, "scheduler", "--data-dir", directory]);
  await scheduler.said(/there is no .*scheduler\.kubeconfig: start the API server with this --data-dir first/);
  assert.equal(await scheduler.stop(), 2);
  const agent = startProcess([
    MAIN,
    "agent",
    "--server",
    "https://127.0.0.1:1",
    "--token",
    `${"0".repeat(64)}.${"0".repeat(48)}`,
    "--data-dir",
    directory,
  ]);
  await agent.said(/cannot join/);
  assert.equal(await agent.stop(), 1);
});
