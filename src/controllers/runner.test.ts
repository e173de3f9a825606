import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { configMaps } from "../api/generated/resources.ts";
import { type ApiObject, keyOf } from "../api/meta.ts";
import { conflict, notFound } from "../api/status.ts";
import { sleep } from "../base/clock.ts";
import { type Logger, silentLogger } from "../base/log.ts";
import { seededRandom } from "../base/random.ts";
import { currentTrace, SpanRing, type TraceContext } from "../base/trace.ts";
import { settle, VirtualClock } from "../base/virtual-clock.ts";
import { Client } from "../client/client.ts";
import { createInformerSet } from "../client/informer-set.ts";
import { createScriptedTransport } from "../client/scripted-transport.ts";
import { type ControllerFactory, from, type ReconcileResult } from "./reconciler.ts";
import { runControllers } from "./runner.ts";

function configMap(name: string, resourceVersion: string): ApiObject {
  return { metadata: { namespace: "default", name, uid: `uid-${name}`, resourceVersion } };
}

/** One controller of ConfigMaps that does what the test says, on a list that holds `a`. */
function setUp(
  reconcile: (key: string, signal: AbortSignal, clock: VirtualClock) => Promise<ReconcileResult>,
  log: Logger = silentLogger,
) {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const list = { metadata: { resourceVersion: "1" }, items: [configMap("a", "1")] } as ApiObject;
  const transport = createScriptedTransport(() => list);
  const client = new Client(transport);
  const informers = createInformerSet({ client, clock, random, log: silentLogger });
  const stop = new AbortController();
  const factory: ControllerFactory = (dependencies) => ({
    name: "test-controller",
    sources: [
      from(dependencies.informers.informer(configMaps), ({ after }) => (after === undefined ? [] : [keyOf(after)])),
    ],
    reconcile: (key, signal) => reconcile(key, signal, clock),
  });
  const spans = new SpanRing({ clock, random });
  const running = runControllers({
    factories: { "test-controller": factory },
    dependenciesFor: () => ({ client, informers, events: { event() {} }, clock, random, log }),
    signal: stop.signal,
    log,
    spans,
  });
  return { clock, transport, stop, running, spans };
}

describe("runner", () => {
  it("reconciles what is there and what changes, under the change's trace", async () => {
    const seen: { key: string; traceId: string | undefined }[] = [];
    const { transport, stop, running, spans } = setUp(async (key) => {
      seen.push({ key, traceId: currentTrace()?.traceId });
      return undefined;
    });
    await running.started;
    await settle();
    const cause: TraceContext = { traceId: "c".repeat(32), spanId: "d".repeat(16) };
    transport.watches[0]!.events.push({ type: "ADDED", object: configMap("b", "2"), cause });
    await settle();
    assert.deepEqual(
      seen.map(({ key }) => key),
      ["default/a", "default/b"],
    );
    assert.equal(seen[1]!.traceId, cause.traceId);
    assert.equal(spans.list().at(-1)?.name, "reconcile test-controller");
    assert.equal(spans.list().at(-1)?.parentSpanId, cause.spanId);
    stop.abort();
    await running.stopped;
  });

  it("retries errors with back-off, and comes back when asked to", async () => {
    const timesMs: number[] = [];
    const { clock, stop, running } = setUp(async (_key, _signal, virtual) => {
      timesMs.push(virtual.monotonic());
      if (timesMs.length < 4) throw new Error("not yet");
      return { requeueAfterMs: 10_000 };
    });
    await running.started;
    await clock.advance(15_000);
    assert.deepEqual(timesMs, [0, 5, 15, 35, 10_035]);
    stop.abort();
    await running.stopped;
  });

  it("does not warn of what only says that the cache was behind", async () => {
    const of = { group: "apps", resource: "deployments" };
    const errors = [conflict(of, "a", "it is newer"), notFound(of, "a"), notFound(of, "a")];
    const told: string[] = [];
    const log: Logger = {
      ...silentLogger,
      named: () => log,
      debug: (_message, fields) => told.push(`debug ${fields?.failures}`),
      warn: (_message, fields) => told.push(`warn ${fields?.failures}`),
    };
    const { clock, stop, running } = setUp(async () => {
      const error = errors.shift();
      if (error !== undefined) throw error;
      return undefined;
    }, log);
    await running.started;
    await clock.advance(1000);
    assert.deepEqual(told, ["debug 1", "debug 2", "warn 3"]);
    stop.abort();
    await running.stopped;
  });

  it("waits for the reconcile under way when it stops", async () => {
    let ended = false;
    const { clock, stop, running } = setUp(async (_key, signal) => {
      await sleep(clock, 60_000, signal);
      await settle();
      ended = true;
      return undefined;
    });
    await running.started;
    await settle();
    stop.abort();
    await running.stopped;
    assert.equal(ended, true);
  });
});
