import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, PodStatus } from "../../api/generated/core/v1.ts";
import type { ApiObject } from "../../api/meta.ts";
import { silentLogger } from "../../base/log.ts";
import { settle, VirtualClock } from "../../base/virtual-clock.ts";
import { Client } from "../../client/client.ts";
import { createRequestLimit, type RequestLimit } from "../../client/limited-transport.ts";
import { createScriptedTransport } from "../../client/scripted-transport.ts";
import { createStatusWriter } from "./status-writer.ts";

const pod = { metadata: { namespace: "default", name: "web", uid: "u1" }, status: { phase: "Pending" } } as Pod;
const creating: PodStatus = {
  phase: "Pending",
  conditions: [{ type: "PodReadyToStartContainers", status: "False" }],
  containerStatuses: [
    { name: "c", image: "", imageID: "", ready: false, restartCount: 0, state: { waiting: { reason: "x" } } },
  ],
};
const sandboxReady: PodStatus = {
  ...creating,
  podIP: "10.0.0.1",
  conditions: [{ type: "PodReadyToStartContainers", status: "True" }],
};

function setUp(turns?: RequestLimit) {
  const clock = new VirtualClock();
  const transport = createScriptedTransport(() => ({ metadata: { resourceVersion: "7" } }) as ApiObject);
  const writer = createStatusWriter({ client: new Client(transport), clock, log: silentLogger, turns });
  const sent = () => transport.requests.map(({ body }) => (body as { status: PodStatus }).status);
  return { clock, writer, sent };
}

test("a ready sandbox is told together with its containers when they come soon", async () => {
  const { writer, sent } = setUp();
  writer.set(pod, creating);
  await settle(20);
  assert.equal(sent().length, 1);
  writer.set(pod, sandboxReady);
  await settle(20);
  assert.equal(sent().length, 1);
  writer.set(pod, { ...sandboxReady, phase: "Running" });
  await settle(20);
  assert.equal(sent().length, 2);
  assert.deepEqual([sent()[1]?.phase, sent()[1]?.podIP], ["Running", "10.0.0.1"]);
  await writer.stop();
});

test("a ready sandbox is told after a second, or when somebody waits for it", async () => {
  const { clock, writer, sent } = setUp();
  writer.set(pod, creating);
  await settle(20);
  writer.set(pod, sandboxReady);
  await clock.advance(999);
  assert.equal(sent().length, 1);
  await clock.advance(1);
  assert.equal(sent()[1]?.podIP, "10.0.0.1");
  writer.set(pod, { ...sandboxReady, podIP: "10.0.0.2" });
  await writer.flushed("u1");
  assert.equal(sent()[2]?.podIP, "10.0.0.2");
  writer.set(pod, { ...sandboxReady, podIP: "10.0.0.3" });
  await writer.stop();
  assert.equal(sent().length, 4);
});

test("a pod that is on its way is told after a moment, and what it comes to at once", async () => {
  const waiting = (reason: string): PodStatus => ({
    phase: "Pending",
    containerStatuses: [{ ...creating.containerStatuses![0]!, state: { waiting: { reason } } }],
  });
  const cases: readonly { next: PodStatus; afterMs: number; requests: number }[] = [
    { next: { ...waiting("ContainerCreating"), podIP: "10.0.0.1" }, afterMs: 149, requests: 0 },
    { next: { ...waiting("ContainerCreating"), podIP: "10.0.0.1" }, afterMs: 150, requests: 1 },
    { next: waiting("ErrImagePull"), afterMs: 0, requests: 1 },
    { next: { ...waiting("x"), phase: "Running" }, afterMs: 0, requests: 1 },
  ];
  for (const { next, afterMs, requests } of cases) {
    const { clock, writer, sent } = setUp();
    writer.set(pod, waiting("ContainerCreating"));
    await settle(20);
    writer.set(pod, next);
    await clock.advance(afterMs);
    await settle(20);
    assert.equal(sent().length, requests, `${JSON.stringify(next)} after ${afterMs} ms`);
    if (requests > 0) assert.equal(sent()[0]?.podIP, next.podIP);
    await writer.stop();
    assert.equal(sent().length, 1);
  }
});

test("what waits for its turn is sent as it is by then", async () => {
  const turns = createRequestLimit(1);
  const { clock, writer, sent } = setUp(turns);
  await turns.enter();
  writer.set(pod, creating);
  await clock.advance(1000);
  writer.set(pod, { ...sandboxReady, phase: "Running" });
  await settle(20);
  assert.equal(sent().length, 0);
  turns.leave();
  await settle(20);
  assert.deepEqual([sent().length, sent()[0]?.phase], [1, "Running"]);
  await turns.enter();
  turns.leave();
  await writer.stop();
});

/** The pod as the API shows it at a revision. */
const at = (resourceVersion: string, status: PodStatus): Pod => ({
  metadata: { ...pod.metadata, resourceVersion },
  status,
});
const running: PodStatus = {
  phase: "Running",
  startTime: "2026-01-02T00:00:00Z",
  conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-01-02T00:00:00Z" }],
};
/** With a condition that is somebody else's. */
const judged = (status: PodStatus): PodStatus => ({
  ...status,
  conditions: [...(status.conditions ?? []), { type: "example.com/gate", status: "True" }],
});

for (const [when, isEarly] of [
  ["after the answer", false],
  ["before the answer", true],
] as const) {
  test(`what the API shows is kept by the pod alone, also when it shows it ${when}`, async () => {
    const turns = createRequestLimit(1);
    const { writer, sent } = setUp(turns);
    writer.set(at("6", pod.status!), running);
    assert.equal(writer.get("u1"), running);
    const shown = at("7", judged(running));
    if (isEarly) writer.reconcile(shown, pod);
    await settle(20);
    if (!isEarly) {
      assert.equal(writer.get("u1"), running);
      writer.reconcile(shown, pod);
    }
    assert.deepEqual([writer.get("u1"), sent().length], [undefined, 1]);
    // Nothing new is nothing to send, and what comes then is compared with what is shown.
    writer.set(shown, running);
    await settle(20);
    assert.equal(sent().length, 1);
    writer.set(shown, { ...running, phase: "Succeeded" });
    await settle(20);
    assert.deepEqual(sent()[1], { phase: "Succeeded" });
    await writer.stop();
  });
}

test("older news settles nothing", async () => {
  const { writer } = setUp();
  writer.set(at("5", running), { ...running, phase: "Succeeded" });
  await settle(20);
  writer.reconcile(at("6", { ...running, phase: "Succeeded" }), pod);
  assert.equal(writer.get("u1")?.phase, "Succeeded");
  await writer.stop();
});

test("a status that somebody overwrites is written again, without what is others'", async () => {
  const { writer, sent } = setUp();
  writer.set(at("5", pod.status!), running);
  await settle(20);
  const shown = at("7", judged(running));
  writer.reconcile(shown, pod);
  assert.equal(writer.get("u1"), undefined);
  const overwritten = at("8", { ...running, phase: "Failed", conditions: [] });
  writer.reconcile(overwritten, shown);
  await settle(20);
  assert.deepEqual(sent()[1], { phase: "Running", conditions: running.conditions });
  // Another's condition that changes is none of this kubelet's business.
  const answered = at("9", running);
  writer.reconcile(answered, overwritten);
  writer.reconcile(at("10", judged(running)), answered);
  await settle(20);
  assert.equal(sent().length, 2);
  await writer.stop();
});
