import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Pod } from "../../api/generated/core/v1.ts";
import type { ApiObject } from "../../api/meta.ts";
import { forbidden, notFound } from "../../api/status.ts";
import { silentLogger } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { Client } from "../../client/client.ts";
import type { RecordedEvent } from "../../client/events.ts";
import { createInformerSet } from "../../client/informer-set.ts";
import { createScriptedTransport } from "../../client/scripted-transport.ts";
import { TransportError, type TransportRequest } from "../../client/transport.ts";
import { runControllers } from "../runner.ts";
import { buildReplicaSet } from "./replica-builders.ts";
import { replicaSetController } from "./replicaset.ts";

/** A ReplicaSet controller whose watches show only what the test lets them show. */
async function setUp(replicas: number, options: { onCreate?: (pod: Pod) => void; exists?: boolean } = {}) {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  let revision = 1;
  const set = buildReplicaSet(replicas);
  set.metadata!.resourceVersion = "1";
  const created: Pod[] = [];
  const events: RecordedEvent[] = [];
  const answer = (request: TransportRequest): ApiObject => {
    const list = (items: ApiObject[]) => ({ metadata: { resourceVersion: "1" }, items }) as ApiObject;
    if (request.method === "POST") {
      const pod = request.body as Pod;
      created.push(pod);
      options.onCreate?.(pod);
      return pod;
    }
    if (request.method === "GET" && request.path.includes("/pods/")) {
      if (!options.exists) throw notFound({ group: "", resource: "pods" }, "x");
      return {};
    }
    if (request.method !== "GET") return (request.body ?? {}) as ApiObject;
    return list(request.path.endsWith("/replicasets") ? [set] : []);
  };
  const transport = createScriptedTransport(answer);
  const client = new Client(transport);
  const stop = new AbortController();
  const running = runControllers({
    factories: { rs: replicaSetController },
    dependenciesFor: () => ({
      client,
      informers: createInformerSet({ client, clock, random, log: silentLogger }),
      events: { event: (_about, event) => void events.push(event) },
      clock,
      random,
      log: silentLogger,
    }),
    signal: stop.signal,
    log: silentLogger,
  });
  await running.started;
  await clock.advance(1);
  const watchOf = (name: string) => transport.watches.find((watch) => watch.request.path.endsWith(name))!.events;
  const next = () => String(++revision);
  return {
    clock,
    created,
    events,
    transport,
    /** Wakes the controller by a change that says nothing about pods. */
    async poke() {
      watchOf("/replicasets").push({
        type: "MODIFIED",
        object: { ...set, metadata: { ...set.metadata, resourceVersion: next() } },
      });
      await clock.advance(1);
    },
    async show(type: "ADDED" | "DELETED", pod: Pod) {
      watchOf("/pods").push({
        type,
        object: { ...pod, metadata: { ...pod.metadata, uid: pod.metadata?.name, resourceVersion: next() } },
      });
      await clock.advance(1);
    },
    async stop() {
      stop.abort();
      await running.stopped;
    },
  };
}

const deletions = (transport: { requests: TransportRequest[] }): number =>
  transport.requests.filter((request) => request.method === "DELETE").length;

describe("replicaset controller on a cache that is behind", () => {
  it("never creates a pod twice", async () => {
    const { created, poke, show, stop } = await setUp(3);
    assert.equal(created.length, 3);
    await poke();
    await show("ADDED", created[0]!);
    await show("ADDED", created[1]!);
    await poke();
    assert.equal(created.length, 3);
    await show("ADDED", created[2]!);
    await show("DELETED", created[1]!);
    assert.equal(created.length, 4, "a lost pod is replaced once all creations are seen");
    await stop();
  });

  it("sees through events that come before the answer to the create", async () => {
    const early: { show?: (type: "ADDED", pod: Pod) => Promise<void> } = {};
    const { created, poke, show, stop } = await setUp(1, { onCreate: (pod) => void early.show?.("ADDED", pod) });
    early.show = show;
    await show("ADDED", created[0]!);
    await show("DELETED", created[0]!);
    assert.equal(created.length, 2);
    await poke();
    assert.equal(created.length, 2);
    await stop();
  });

  it("never deletes one pod too many", async () => {
    const { created, poke, show, transport, stop } = await setUp(2);
    for (const pod of created) await show("ADDED", pod);
    const extra = structuredClone(created[0]!);
    extra.metadata!.name = "web-extra";
    await show("ADDED", extra);
    assert.equal(deletions(transport), 1);
    await poke();
    await poke();
    assert.equal(deletions(transport), 1);
    await stop();
  });

  it("forgets after five minutes what no watch has shown", async () => {
    const { clock, created, poke, stop } = await setUp(1);
    await clock.advance(300_000);
    await poke();
    assert.equal(created.length, 2);
    await stop();
  });
});

describe("replicaset controller when a create fails", () => {
  it("stops after the first refusal, tells why, and tries again", async () => {
    let refusals = 1;
    const { clock, created, events, transport, stop } = await setUp(500, {
      onCreate() {
        if (refusals-- > 0) throw forbidden({ group: "", resource: "pods" }, "p", "exceeded quota");
      },
    });
    assert.equal(created.length, 1);
    assert.deepEqual(events[0], {
      type: "Warning",
      reason: "FailedCreate",
      message: 'Error creating: pods "p" is forbidden: exceeded quota',
    });
    const status = transport.requests.find((request) => request.path.endsWith("/status"))?.body as {
      status: { conditions: { type: string; reason: string }[] };
    };
    assert.equal(status.status.conditions[0]?.type, "ReplicaFailure");
    assert.equal(status.status.conditions[0]?.reason, "FailedCreate");
    await clock.advance(20);
    assert.equal(created.length, 501);
    await stop();
  });

  for (const [exists, attempts] of [
    [true, 1],
    [false, 2],
  ] as const) {
    it(`asks when the answer was lost: the pod is ${exists ? "" : "not "}there`, async () => {
      let lost = 1;
      const { clock, created, stop } = await setUp(1, {
        exists,
        onCreate() {
          if (lost-- > 0) throw new TransportError("connection reset");
        },
      });
      await clock.advance(100);
      assert.equal(created.length, attempts);
      await stop();
    });
  }
});
