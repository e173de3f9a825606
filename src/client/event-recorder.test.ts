import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Event } from "../api/generated/core/v1.ts";
import type { ApiObject } from "../api/meta.ts";
import { forbidden, notFound, serviceUnavailable } from "../api/status.ts";
import { silentLogger } from "../base/log.ts";
import { seededRandom } from "../base/random.ts";
import { settle, VirtualClock } from "../base/virtual-clock.ts";
import { Client } from "./client.ts";
import { createEventRecorder, createEventSender } from "./event-recorder.ts";
import { createScriptedTransport } from "./scripted-transport.ts";
import { TransportClosedError, type TransportRequest } from "./transport.ts";

const web: ApiObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { namespace: "default", name: "web", uid: "u1", resourceVersion: "5" },
};

function setUp(answer: (request: TransportRequest) => ApiObject = (request) => request.body as ApiObject) {
  const clock = new VirtualClock();
  const transport = createScriptedTransport(answer);
  const recorder = createEventRecorder({
    client: new Client(transport),
    component: "deployment-controller",
    clock,
    random: seededRandom(1),
    log: silentLogger,
  });
  const say = (message: string): void => recorder.event(web, { type: "Normal", reason: "ScalingReplicaSet", message });
  return { clock, transport, recorder, say };
}

describe("event recorder", () => {
  it("creates an Event that says what, about what and by whom", async () => {
    const { transport, recorder, say } = setUp();
    say("Scaled up replica set web-1 from 0 to 3");
    await recorder.stop();
    const made = transport.requests[0]!.body as Event;
    assert.equal(transport.requests[0]!.path, "/api/v1/namespaces/default/events");
    assert.match(made.metadata.name!, /^web\.[0-9a-f]+$/);
    assert.deepEqual(made.involvedObject, {
      kind: "Deployment",
      apiVersion: "apps/v1",
      namespace: "default",
      name: "web",
      uid: "u1",
      resourceVersion: "5",
    });
    assert.equal(made.count, 1);
    assert.equal(made.firstTimestamp, "2026-01-01T00:00:00Z");
    assert.deepEqual(made.source, { component: "deployment-controller" });
  });

  it("names events of the same millisecond in the order that they came", async () => {
    const { transport, recorder, say } = setUp();
    for (let count = 0; count < 8; count++) say(`number ${count}`);
    await recorder.stop();
    const names = transport.requests.map(({ body }) => (body as Event).metadata.name!);
    assert.equal(names.length, 8);
    assert.deepEqual(names.toSorted(), names);
  });

  it("writes events that linger later, with the time at which they were told, and at once when it stops", async () => {
    const clock = new VirtualClock();
    const transport = createScriptedTransport((request) => request.body as ApiObject);
    const sender = createEventSender({ clock, random: seededRandom(1), log: silentLogger, lingerMs: 3000 });
    const recorder = sender.recorder({ client: new Client(transport), component: "kubelet" });
    recorder.event(web, { type: "Normal", reason: "Pulled", message: "first" });
    await clock.advance(2000);
    recorder.event(web, { type: "Normal", reason: "Started", message: "second" });
    await clock.advance(999);
    assert.equal(transport.requests.length, 0);
    await clock.advance(1);
    assert.equal(transport.requests.length, 1);
    assert.equal((transport.requests[0]!.body as Event).lastTimestamp, "2026-01-01T00:00:00Z");
    await sender.stop();
    assert.equal((transport.requests[1]!.body as Event).lastTimestamp, "2026-01-01T00:00:02Z");
  });

  it("counts repeats on one Event", async () => {
    const { clock, transport, recorder, say } = setUp();
    say("again");
    await clock.advance(2000);
    say("again");
    await recorder.stop();
    assert.deepEqual(
      transport.requests.map((request) => request.method),
      ["POST", "PATCH"],
    );
    assert.deepEqual(transport.requests[1]!.body, {
      count: 2,
      lastTimestamp: "2026-01-01T00:00:02Z",
      message: "again",
    });
  });

  it("creates anew with the count when the Event has expired", async () => {
    const { transport, recorder, say } = setUp((request) => {
      if (request.method === "PATCH") throw notFound({ group: "", resource: "events" }, "x");
      return request.body as ApiObject;
    });
    say("again");
    say("again");
    await recorder.stop();
    assert.equal((transport.requests[2]!.body as Event).count, 2);
  });

  it("combines similar events from the tenth message on", async () => {
    const { transport, recorder, say } = setUp();
    for (let number = 1; number <= 12; number++) say(`message ${number}`);
    await recorder.stop();
    const messages = transport.requests.map((request) => (request.body as Event).message);
    assert.equal(messages[8], "message 9");
    assert.equal(messages[9], "(combined from similar events): message 10");
    assert.deepEqual(
      transport.requests.slice(9).map((request) => request.method),
      ["POST", "PATCH", "PATCH"],
    );
  });

  it("drops what one object says beyond 25, and lets one more in each five minutes", async () => {
    const { clock, transport, recorder, say } = setUp();
    for (let number = 0; number < 40; number++) say("spam");
    await settle(20);
    assert.equal(transport.requests.length, 25);
    await clock.advance(300_000);
    say("spam");
    say("spam");
    await recorder.stop();
    assert.equal(transport.requests.length, 26);
  });

  it("sends 100 at once and then 50 a second, whoever says it", async () => {
    const clock = new VirtualClock();
    const transport = createScriptedTransport((request) => request.body as ApiObject);
    const sender = createEventSender({ clock, random: seededRandom(1), log: silentLogger });
    const sources = ["node-1", "node-2"].map((host) =>
      sender.recorder({ client: new Client(transport), component: "kubelet", host }),
    );
    for (let number = 0; number < 200; number++) {
      const pod: ApiObject = { kind: "Pod", metadata: { namespace: "default", name: `web-${number}` } };
      sources[number % 2]?.event(pod, { type: "Normal", reason: "Started", message: "Container started" });
    }
    await settle(500);
    assert.equal(transport.requests.length, 100);
    assert.deepEqual((transport.requests[99]!.body as Event).source, { component: "kubelet", host: "node-2" });
    await clock.advance(1000);
    assert.equal(transport.requests.length, 150);
    await sender.stop();
    assert.equal(transport.requests.length, 200);
  });

  it("retries when the server is busy, and gives up when it refuses", async () => {
    let failures = 2;
    const { clock, transport, recorder, say } = setUp((request) => {
      if ((request.body as Event).message === "refused") throw forbidden({ group: "", resource: "events" }, "", "no");
      if (failures-- > 0) throw serviceUnavailable("busy");
      return request.body as ApiObject;
    });
    say("refused");
    say("busy");
    await clock.advance(5000);
    assert.equal(transport.requests.length, 4);
    await recorder.stop();
  });

  it("lets nobody wait for what was said on a way that is closed", async () => {
    const clock = new VirtualClock();
    const open = createScriptedTransport((request) => request.body as ApiObject);
    const closed = createScriptedTransport(() => {
      throw new TransportClosedError("closed");
    });
    const sender = createEventSender({ clock, random: seededRandom(1), log: silentLogger });
    for (const [transport, host] of [
      [closed, "node-1"],
      [open, "node-2"],
    ] as const) {
      const event = { type: "Normal", reason: "Started", message: `Container started on ${host}` } as const;
      sender.recorder({ client: new Client(transport), component: "kubelet", host }).event(web, event);
    }
    await settle(50);
    assert.deepEqual([closed.requests.length, open.requests.length], [1, 1]);
    await sender.stop();
  });
});
