import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { WebhookCallError } from "../outgoing/webhook-client.ts";
import type { Stored } from "./auditor.ts";
import type { AuditEvent } from "./event.ts";
import { defaultBatch, type WebhookBackendOptions, webhookBackend } from "./webhook-backend.ts";

function setUp(answers: (number | "broken")[] = [], batch: Partial<WebhookBackendOptions> = {}) {
  const clock = new VirtualClock();
  const calls: { timeMs: number; ids: string[] }[] = [];
  const state = { dropped: 0 };
  const backend = webhookBackend({
    ...defaultBatch,
    ...batch,
    client: {
      async call(_endpoint, body) {
        const { kind, apiVersion, items } = body as { kind: string; apiVersion: string; items: AuditEvent[] };
        assert.deepEqual([kind, apiVersion], ["EventList", "audit.k8s.io/v1"]);
        calls.push({ timeMs: clock.monotonic(), ids: items.map((item) => item.auditID) });
        const answer = answers.shift() ?? 200;
        if (answer === "broken") throw new WebhookCallError("connection refused");
        return { code: answer, body: undefined };
      },
    },
    endpoint: { url: "https://audit.example" },
    clock,
    log: silentLogger,
    dropped: (_name, events) => {
      state.dropped += events;
    },
  });
  const write = (id: string): Stored => backend.write({ auditID: id } as AuditEvent, "{}");
  return { backend, clock, calls, state, write };
}

test("events wait for company, and go when they have waited long enough", async () => {
  const { clock, calls, write } = setUp();
  void write("a");
  await clock.advance(20_000);
  void write("b");
  await clock.advance(9_999);
  assert.equal(calls.length, 0);
  await clock.advance(1);
  assert.deepEqual(calls, [{ timeMs: 30_000, ids: ["a", "b"] }]);
});

test("a full batch goes at once", async () => {
  const { clock, calls, write } = setUp([], { maxSize: 2 });
  for (const id of ["a", "b", "c"]) void write(id);
  await clock.advance(0);
  assert.deepEqual(
    calls.map(({ ids }) => ids),
    [["a", "b"]],
  );
  await clock.advance(30_000);
  assert.deepEqual(calls[1]?.ids, ["c"]);
});

test("what passes is tried again, ever later; then the events are dropped and counted", async () => {
  const { clock, calls, state, write } = setUp(["broken", 503, 429, 500, 500], { maxSize: 1 });
  void write("a");
  await clock.advance(120_000);
  assert.deepEqual(
    calls.map(({ timeMs }) => timeMs),
    [0, 10_000, 25_000, 47_500, 81_250],
  );
  assert.equal(state.dropped, 1);
});

test("what does not pass is not tried again", async () => {
  const { clock, calls, state, write } = setUp([400], { maxSize: 1 });
  void write("a");
  await clock.advance(60_000);
  assert.deepEqual([calls.length, state.dropped], [1, 1]);
});

test("the buffer is bounded", async () => {
  const { state, write } = setUp([], { bufferSize: 3 });
  for (const id of ["a", "b", "c", "d", "e"]) void write(id);
  assert.equal(state.dropped, 2);
});

test("calls are throttled", async () => {
  const { clock, calls, write } = setUp([], { maxSize: 1, throttlePerSecond: 10, throttleBurst: 2 });
  for (let number = 0; number < 6; number++) void write(String(number));
  await clock.advance(1000);
  assert.deepEqual(
    calls.map(({ timeMs }) => Math.round(timeMs)),
    [0, 0, 100, 200, 300, 400],
  );
});

test("closing sends what waits", async () => {
  const { backend, calls, write } = setUp();
  void write("a");
  await backend.close();
  assert.deepEqual(
    calls.map(({ ids }) => ids),
    [["a"]],
  );
});

test("who blocks sends each event alone, and only the strict hears that it was lost", async () => {
  for (const [mode, expected] of [
    ["blocking", true],
    ["blocking-strict", false],
  ] as const) {
    const { calls, state, write } = setUp([200, 400], { mode });
    assert.equal(await write("a"), true);
    assert.equal(await write("b"), expected);
    assert.deepEqual(
      calls.map(({ ids }) => ids),
      [["a"], ["b"]],
    );
    assert.equal(state.dropped, 1);
  }
});

test("a batch has no more bytes than it may", async () => {
  const { clock, calls, write } = setUp([], { maxSize: 3, maxBatchBytes: 4 });
  for (const id of ["a", "b", "c"]) void write(id);
  await clock.advance(60_000);
  assert.deepEqual(
    calls.map(({ ids }) => ids),
    [["a", "b"], ["c"]],
  );
});
