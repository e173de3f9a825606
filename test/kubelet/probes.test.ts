import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { Pod } from "../../src/api/generated/core/v1.ts";
import { pods } from "../../src/api/generated/resources.ts";
import type { Prober } from "../../src/kubelet/probes/prober.ts";
import { isReady, main, startWorld, type World } from "./world.ts";

let world: World;
afterEach(() => world.close());

/** A prober whose answers the test sets, by the port that a probe names. */
function switchboard(): { prober: Prober; answers: Map<number, boolean> } {
  const answers = new Map<number, boolean>();
  return {
    answers,
    prober: {
      probe: async ({ tcpSocket }) => {
        const success = answers.get(Number(tcpSocket?.port)) ?? true;
        return { success, output: success ? "" : "connection refused" };
      },
    },
  };
}

test("readiness follows its probe, with thresholds", async () => {
  const { prober, answers } = switchboard();
  world = await startWorld({ prober });
  answers.set(80, false);
  const readinessProbe = { tcpSocket: { port: 80 }, periodSeconds: 5, failureThreshold: 2 };
  await world.create("web", { containers: [{ ...main, readinessProbe }] });
  await world.until("web", (pod) => pod?.status?.phase === "Running");
  await world.clock.advance(20_000);
  const unready = await world.until("web", () => true);
  assert.equal(isReady(unready), false);
  assert.equal(
    unready.status?.conditions?.find(({ type }) => type === "Ready")?.message,
    "containers with unready status: [main]",
  );
  assert.ok((await world.events("web")).includes("Warning Unhealthy: Readiness probe failed: connection refused"));
  answers.set(80, true);
  await world.until("web", isReady, 6000);
  answers.set(80, false);
  await world.clock.advance(5100);
  assert.equal(isReady(await world.until("web", () => true)), true, "one failure is not enough");
  await world.until("web", (pod) => !isReady(pod), 6000);
});

test("a failed liveness probe replaces the container", async () => {
  const { prober, answers } = switchboard();
  world = await startWorld({ prober });
  const livenessProbe = { tcpSocket: { port: 81 }, periodSeconds: 1, failureThreshold: 3 };
  await world.create("sick", { containers: [{ ...main, livenessProbe }] });
  await world.until("sick", isReady);
  answers.set(81, false);
  const pod = await world.until("sick", (found) => found?.status?.containerStatuses?.[0]?.restartCount === 1, 30_000);
  assert.equal(pod.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 0);
  assert.ok(
    (await world.events("sick")).includes("Normal Killing: Container main failed liveness probe, will be restarted"),
  );
});

test("a startup probe holds back the other probes and the readiness", async () => {
  const { prober, answers } = switchboard();
  world = await startWorld({ prober });
  answers.set(82, false);
  answers.set(83, false);
  await world.create("heavy", {
    containers: [
      {
        ...main,
        startupProbe: { tcpSocket: { port: 82 }, periodSeconds: 1, failureThreshold: 60 },
        livenessProbe: { tcpSocket: { port: 83 }, periodSeconds: 1, failureThreshold: 1 },
      },
    ],
  });
  await world.until("heavy", (pod) => pod?.status?.phase === "Running");
  await world.clock.advance(10_000);
  const starting = await world.until("heavy", () => true);
  assert.equal(starting.status?.containerStatuses?.[0]?.started, false);
  assert.equal(starting.status?.containerStatuses?.[0]?.restartCount, 0);
  answers.set(83, true);
  answers.set(82, true);
  const pod = await world.until("heavy", isReady, 5000);
  assert.equal(pod.status?.containerStatuses?.[0]?.started, true);
});

test("a readiness gate holds back the pod until somebody opens it", async () => {
  world = await startWorld();
  await world.create("gated", { readinessGates: [{ conditionType: "example.com/gate" }] });
  const closed = await world.until("gated", (pod) => condition(pod, "ContainersReady")?.status === "True");
  assert.equal(condition(closed, "Ready")?.reason, "ReadinessGatesNotReady");
  assert.equal(
    condition(closed, "Ready")?.message,
    'corresponding condition of pod readiness gate "example.com/gate" does not exist.',
  );
  const body = { status: { conditions: [{ type: "example.com/gate", status: "True" }] } };
  const name = { namespace: "default", name: "gated" };
  await world.client.patch(pods, name, { type: "strategic", body, subresource: "status" });
  const open = await world.until("gated", isReady);
  assert.equal(condition(open, "example.com/gate")?.status, "True");
});

const condition = (pod: Pod | undefined, type: string) => pod?.status?.conditions?.find((each) => each.type === type);
