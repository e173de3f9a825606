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

test("what a deletion does is one request: that it was seen waits for the end, and that for the sandbox to go", async () => {
  const leaving = (status: PodStatus): Pod => ({
    metadata: { ...pod.metadata, generation: 2, deletionTimestamp: "2026-01-02T00:00:01Z" },
    status,
  });
  const condition = (type: string, status: string, observedGeneration: number) => ({
    type,
    status,
    observedGeneration,
  });
  const container = { name: "c", image: "", imageID: "", restartCount: 0 };
  const seen = (observedGeneration: number): PodStatus => ({
    phase: "Running",
    observedGeneration,
    startTime: "2026-01-02T00:00:00Z",
    conditions: [
      condition("PodReadyToStartContainers", "True", observedGeneration),
      condition("Ready", "True", observedGeneration),
    ],
    containerStatuses: [{ ...container, ready: true, state: { running: {} } }],
  });
  const ended = (sandbox: string): PodStatus => ({
    ...seen(2),
    phase: "Succeeded",
    conditions: [condition("PodReadyToStartContainers", sandbox, 2), condition("Ready", "False", 2)],
    containerStatuses: [{ ...container, ready: false, state: { terminated: { exitCode: 0 } } }],
  });

  // Containers that take their time: the deletion is told of after a second, their end after a moment.
  const slow = setUp();
  slow.writer.set(leaving(seen(1)), seen(2));
  await slow.clock.advance(999);
  assert.equal(slow.sent().length, 0);
  await slow.clock.advance(1);
  assert.deepEqual([slow.sent().length, slow.sent()[0]?.observedGeneration], [1, 2]);
  slow.writer.set(leaving(seen(2)), ended("True"));
  await slow.clock.advance(149);
  assert.equal(slow.sent().length, 1);
  await slow.clock.advance(1);
  assert.deepEqual([slow.sent().length, slow.sent()[1]?.phase], [2, "Succeeded"]);
  await slow.writer.stop();

  const quick = setUp();
  quick.writer.set(leaving(seen(1)), seen(2));
  await quick.clock.advance(10);
  quick.writer.set(leaving(seen(1)), ended("True"));
  await quick.clock.advance(140);
  assert.equal(quick.sent().length, 0);
  quick.writer.set(leaving(seen(1)), ended("False"));
  await settle(20);
  assert.deepEqual([quick.sent().length, quick.sent()[0]?.phase], [1, "Succeeded"]);
  await quick.clock.advance(5000);
  assert.equal(quick.sent().length, 1);
  await quick.writer.stop();

  // The end is not told later for the sake of what waited before it.
  const between = setUp();
  between.writer.set(leaving(seen(1)), seen(2));
  await between.clock.advance(10);
  between.writer.set(leaving(seen(1)), ended("True"));
  await between.clock.advance(150);
  assert.equal(between.sent().length, 1);
  await between.writer.stop();

  // A container that is no longer ready while another one runs is told at once: nobody is to be led there.
  const unready = setUp();
  unready.writer.set(leaving(seen(1)), { ...seen(2), conditions: [condition("Ready", "False", 2)] });
  await settle(20);
  assert.equal(unready.sent().length, 1);
  await unready.writer.stop();
});
