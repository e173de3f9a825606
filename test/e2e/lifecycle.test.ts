import assert from "node:assert/strict";
import { after, afterEach, before, suite, test } from "node:test";
import type { ContainerStatus, Pod } from "../../src/api/generated/core/v1.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { shellPod, WAIT_FOREVER } from "../support/objects.ts";
import { type Registry, startRegistry } from "../support/registry.ts";
import { withoutContainers } from "../support/requirements.ts";

/** How pods start, fail, are restarted, cannot start, and end. */
suite("the life of pods", { skip: withoutContainers() }, () => {
  let registry: Registry;
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];
  let shell: string;

  before(async () => {
    registry = await startRegistry();
    cluster = await startCluster();
    kubectl = cluster.kubectl;
    shell = registry.image("busybox:1");
  });
  afterEach((context) => cluster.tell(context));
  after(async () => {
    await registry?.stop();
    await cluster?.remove();
  });

  const podOf = (name: string): Promise<Pod> => kubectl.get<Pod>("pod", name);
  const statusOf = async (name: string): Promise<ContainerStatus | undefined> =>
    (await podOf(name)).status?.containerStatuses?.[0];
  const waitingFor = (name: string, reason: string): Promise<ContainerStatus> =>
    eventually(
      `${name} waits because of ${reason}`,
      async () => {
        const status = await statusOf(name);
        return status?.state?.waiting?.reason === reason ? status : undefined;
      },
      { timeoutMs: 30_000 },
    );
  /** Events of an object as `reason: message`. */
  const eventsOf = async (name: string): Promise<string> =>
    kubectl.ok("get", "events", `--field-selector=involvedObject.name=${name}`, "-o", EVENT_TEXT);

  test("probes: ready when the probe says so, restarted when it lives no more", async () => {
    const quick = { periodSeconds: 1, failureThreshold: 1 };
    const file = (name: string) => ({ exec: { command: ["test", "-e", `/tmp/${name}`] }, ...quick });
    const script = `httpd -p 8080 -h /tmp; touch /tmp/alive; ${WAIT_FOREVER}`;
    await kubectl.apply(
      shellPod("probed", shell, script, {
        container: { readinessProbe: file("ready"), livenessProbe: { ...file("alive"), initialDelaySeconds: 1 } },
      }),
      shellPod("by-http", shell, `touch /tmp/page; ${script}`, {
        container: { readinessProbe: { httpGet: { path: "/page", port: 8080 }, ...quick } },
      }),
      shellPod("by-tcp", shell, script, { container: { readinessProbe: { tcpSocket: { port: 8080 }, ...quick } } }),
    );
    await kubectl.ok("wait", "pod/by-http", "pod/by-tcp", "--for=condition=Ready", "--timeout=20s");
    await eventually("probed runs", async () => (await statusOf("probed"))?.started === true);
    assert.equal((await statusOf("probed"))?.ready, false);
    await eventually("it is told as unhealthy", async () =>
      /Unhealthy: Readiness probe failed/.test(await eventsOf("probed")),
    );
    await kubectl.ok("exec", "probed", "--", "touch", "/tmp/ready");
    await kubectl.ok("wait", "pod/probed", "--for=condition=Ready", "--timeout=10s");
    await kubectl.ok("exec", "probed", "--", "rm", "/tmp/alive");
    await eventually("it is restarted", async () => (await statusOf("probed"))?.restartCount === 1, {
      timeoutMs: 30_000,
    });
    assert.match(await eventsOf("probed"), /Killing: Container main failed liveness probe, will be restarted/);
  });

  test("restart policies", async () => {
    await kubectl.apply(
      shellPod("never", shell, "exit 4", { spec: { restartPolicy: "Never" } }),
      shellPod("done", shell, "exit 0", { spec: { restartPolicy: "OnFailure" } }),
      shellPod("crashing", shell, "echo about to fail; exit 3"),
    );
    await kubectl.ok("wait", "pod/never", "--for=jsonpath={.status.phase}=Failed", "--timeout=20s");
    await kubectl.ok("wait", "pod/done", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=20s");
    assert.equal((await statusOf("never"))?.state?.terminated?.exitCode, 4);
    assert.equal((await statusOf("never"))?.state?.terminated?.reason, "Error");
    assert.equal((await statusOf("done"))?.state?.terminated?.reason, "Completed");
    const crashing = await waitingFor("crashing", "CrashLoopBackOff");
    assert.match(
      crashing.state?.waiting?.message ?? "",
      /^back-off 10s restarting failed container=main pod=crashing_default/,
    );
    assert.equal(crashing.lastState?.terminated?.exitCode, 3);
    assert.match(
      await eventsOf("crashing"),
      /BackOff: Back-off restarting failed container main in pod crashing_default/,
    );
    assert.equal(await kubectl.ok("logs", "crashing", "--previous"), "about to fail\n");
  });

  test("init containers run before, in order", async () => {
    const volumeMounts = [{ name: "shared", mountPath: "/shared" }];
    const init = (name: string) => ({
      name,
      image: shell,
      command: ["sh", "-c", `echo ${name} >> /shared/log`],
      volumeMounts,
    });
    const spec = { initContainers: [init("one"), init("two")], volumes: [{ name: "shared", emptyDir: {} }] };
    await kubectl.apply(shellPod("initialised", shell, WAIT_FOREVER, { container: { volumeMounts }, spec }));
    await kubectl.ok("wait", "pod/initialised", "--for=condition=Ready", "--timeout=20s");
    assert.equal(await kubectl.ok("exec", "initialised", "--", "cat", "/shared/log"), "one\ntwo\n");
  });

  test("an image that is not there, and a registry that does not answer", async () => {
    const nobody = `127.0.0.1:${await freePort()}/busybox:1`;
    await kubectl.apply(
      shellPod("no-image", registry.image("busybox:9"), WAIT_FOREVER),
      shellPod("no-registry", nobody, WAIT_FOREVER),
      shellPod("never-pulled", registry.image("tools:1"), WAIT_FOREVER, { container: { imagePullPolicy: "Never" } }),
      shellPod("no-name", "No/Such//Name", WAIT_FOREVER),
    );
    for (const name of ["no-image", "no-registry"]) {
      await waitingFor(name, "ImagePullBackOff");
      const events = await eventsOf(name);
      assert.match(events, /Failed: Failed to pull image/);
      assert.match(events, /Failed: Error: ErrImagePull/);
      assert.match(events, /BackOff: Back-off pulling image/);
    }
    await waitingFor("never-pulled", "ErrImageNeverPull");
    await waitingFor("no-name", "InvalidImageName");
  });

  test("what is missing is named, and the pod starts when it comes", async () => {
    const env = [{ name: "X", valueFrom: { configMapKeyRef: { name: "later", key: "x" } } }];
    const volumeMounts = [{ name: "v", mountPath: "/v" }];
    const spec = { volumes: [{ name: "v", configMap: { name: "later" } }] };
    await kubectl.apply(
      shellPod("no-variable", shell, WAIT_FOREVER, { container: { env } }),
      shellPod("no-volume", shell, WAIT_FOREVER, { container: { volumeMounts }, spec }),
    );
    const waiting = await waitingFor("no-variable", "CreateContainerConfigError");
    assert.match(waiting.state?.waiting?.message ?? "", /configmap "later" not found/);
    const failed = /FailedMount: MountVolume.SetUp failed for volume "v" : configmap "later" not found/;
    await eventually("FailedMount", async () => failed.test(await eventsOf("no-volume")));
    await kubectl.ok("create", "configmap", "later", "--from-literal=x=y");
    await kubectl.ok("wait", "pod/no-variable", "pod/no-volume", "--for=condition=Ready", "--timeout=40s");
  });

  test("a pod that fits nowhere stays Pending, says why, and is taken up when it fits", async () => {
    await kubectl.apply(
      shellPod("elsewhere", shell, WAIT_FOREVER, { spec: { nodeSelector: { disk: "fast" } } }),
      shellPod("too-big", shell, WAIT_FOREVER, { container: { resources: { requests: { cpu: "1000" } } } }),
    );
    await eventually("FailedScheduling", async () => {
      const selector =
        "FailedScheduling: 0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
      const size = "FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu.";
      return (await eventsOf("elsewhere")).includes(selector) && (await eventsOf("too-big")).includes(size);
    });
    assert.equal((await podOf("elsewhere")).status?.phase, "Pending");
    await kubectl.ok("label", "node", "--all", "disk=fast");
    await kubectl.ok("wait", "pod/elsewhere", "--for=condition=Ready", "--timeout=20s");
  });

  test("graceful termination: the hook runs, TERM arrives, and what does not listen is killed in time", async () => {
    const lifecycle = { preStop: { exec: { command: ["sh", "-c", "echo hook > /proc/1/fd/1"] } } };
    const polite = "trap 'echo goodbye; exit 0' TERM; while true; do sleep 1 & wait $!; done";
    const spec = { terminationGracePeriodSeconds: 20 };
    await kubectl.apply(
      shellPod("polite", shell, polite, { container: { lifecycle }, spec }),
      shellPod("deaf", shell, "trap '' TERM; while true; do sleep 1; done", {
        spec: { terminationGracePeriodSeconds: 2 },
      }),
    );
    await kubectl.ok("wait", "pod/polite", "pod/deaf", "--for=condition=Ready", "--timeout=20s");
    const following = kubectl.start(["logs", "-f", "polite"]);
    const begun = performance.now();
    await Promise.all([kubectl.ok("delete", "pod", "polite"), kubectl.ok("delete", "pod", "deaf")]);
    const tookMs = performance.now() - begun;
    assert.ok(tookMs > 2000 && tookMs < 10_000, `deleting took ${tookMs} ms`);
    await following.exited;
    assert.equal(following.stdout(), "hook\ngoodbye\n");
  });

  test("a forced delete is gone at once, on the node too", async () => {
    await kubectl.ok("delete", "pod", "--all", "--force", "--grace-period=0", "--timeout=20s");
    await eventually("no process of a pod is left", async () => {
      const { stdout } = await kubectl("get", "--raw", `/api/v1/nodes/${await nodeName()}/proxy/pods`);
      return (JSON.parse(stdout) as { items: unknown[] }).items.length === 0;
    });
  });

  async function nodeName(): Promise<string> {
    return (await kubectl.ok("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}")).trim();
  }
});

const EVENT_TEXT = 'jsonpath={range .items[*]}{.reason}: {.message}{"\\n"}{end}';
