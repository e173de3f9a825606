import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "../../api/status.ts";
import { Metrics } from "../../base/metrics.ts";
import { settle, VirtualClock } from "../../base/virtual-clock.ts";
import { type Answer, type Exchange, type Handler, textAnswer } from "../exchange.ts";
import { defaultFlowSchemas, defaultPriorityLevels } from "../flow-control/defaults.ts";
import { FlowControl } from "../flow-control/flow-control.ts";
import { requestInfo } from "../request-info.ts";
import { flowControlFilter } from "./flow-control.ts";
import { inFlightFilter } from "./in-flight.ts";

const sources = { objects: () => 0, watchers: () => 0 };

function scene(seats = 20, waitLimitMs = 60_000) {
  const clock = new VirtualClock();
  const control = new FlowControl({ clock, metrics: new Metrics(), seats, waitLimitMs });
  control.configure(
    [...defaultPriorityLevels.mandatory, ...defaultPriorityLevels.suggested],
    [...defaultFlowSchemas.mandatory, ...defaultFlowSchemas.suggested],
  );
  const filter = flowControlFilter(control, sources, clock);
  return { clock, control, filter: async (exchange: Exchange, next: Handler) => filter(exchange, next) };
}

function request(path: string, options: { search?: string; groups?: string[]; isOutside?: boolean } = {}) {
  const query = new URLSearchParams(options.search);
  const scope = new AbortController();
  const exchange = {
    method: "GET",
    path,
    query,
    headers: {},
    info: requestInfo("GET", path, query),
    user: { name: "jane", groups: options.groups ?? ["system:authenticated"] },
    signal: scope.signal,
    ...(options.isOutside === true ? { remoteAddress: "192.0.2.1" } : {}),
  } as unknown as Exchange;
  return { exchange, scope };
}

const executing = (control: FlowControl, name: string): number =>
  control.levels.find((level) => level.name === name)!.executing;
const never = (): Promise<never> => new Promise(() => {});

test("a request waits for a seat, and no longer than it may", async () => {
  const { clock, control, filter } = scene(20, 5000);
  // Two seats of twenty are global-default's.
  for (let number = 0; number < 2; number++) void filter(request("/api/v1/pods").exchange, never);
  const waiting = filter(request("/api/v1/pods").exchange, async () => textAnswer("late"));
  assert.equal(executing(control, "global-default"), 2);
  const refused = assert.rejects(waiting, (error) => error instanceof StatusError && error.code === 429);
  await clock.advance(5000);
  await refused;
});

test("who goes away does not wait on", async () => {
  const { control, filter } = scene();
  for (let number = 0; number < 2; number++) void filter(request("/api/v1/pods").exchange, never);
  const { exchange, scope } = request("/api/v1/pods");
  const waiting = assert.rejects(filter(exchange, never));
  scope.abort();
  await waiting;
  assert.equal(control.levels.find(({ name }) => name === "global-default")?.queueSet.waiting, 0);
});

test("a seat is given back when the request fails", async () => {
  const { control, filter } = scene();
  await assert.rejects(
    filter(request("/api/v1/pods").exchange, async () => {
      throw new Error("broken");
    }),
  );
  assert.equal(executing(control, "global-default"), 0);
});

test("a list from outside keeps its seat until it is written", async () => {
  const { control, filter } = scene();
  const { exchange, scope } = request("/api/v1/pods", { isOutside: true });
  await filter(exchange, async () => ({ kind: "list" }) as Answer);
  assert.equal(executing(control, "global-default"), 1);
  scope.abort();
  assert.equal(executing(control, "global-default"), 0);
});

test("a watch has a seat until it has begun; a followed log has none", async () => {
  const { control, filter } = scene();
  const during: number[] = [];
  const look = async (): Promise<Answer> => {
    during.push(executing(control, "global-default"));
    return textAnswer("");
  };
  await filter(request("/api/v1/pods", { search: "watch=true" }).exchange, look);
  await filter(request("/api/v1/namespaces/a/pods/b/log", { search: "follow=true" }).exchange, look);
  assert.deepEqual(during, [1, 0]);
  assert.equal(executing(control, "global-default"), 0);
});

test("a refusal that goes outside is held back; exempt requests are never refused", async () => {
  const { clock, filter } = scene();
  const anonymous = { groups: ["nobody"], isOutside: true };
  const flood = Array.from({ length: 500 }, () =>
    filter(request("/api/v1/pods", { isOutside: true }).exchange, never).catch((error: StatusError) => error.code),
  );
  let refused = 0;
  for (const each of flood) void each.then(() => refused++);
  await settle();
  assert.equal(refused, 0);
  await clock.advance(250);
  // Two run, six queues of 50 wait.
  assert.equal(refused, 198);
  const master = request("/api/v1/pods", { groups: ["system:masters"], isOutside: true }).exchange;
  assert.equal((await filter(master, async () => textAnswer("ok"))).kind, "text");
  assert.equal((await filter(request("/x", anonymous).exchange, async () => textAnswer("ok"))).kind, "text");
});

test("seats that nobody needs are lent for the next period, and come back", async () => {
  const { clock, control, filter } = scene(600);
  const limit = (): number => control.levels.find(({ name }) => name === "global-default")!.queueSet.limit;
  const scopes = Array.from({ length: 200 }, () => request("/api/v1/pods"));
  for (const { exchange } of scopes) void filter(exchange, never).catch(() => {});
  assert.equal(limit(), 49);
  await clock.advance(10_000);
  assert.ok(limit() >= 200, `${limit()} seats`);
  assert.equal(executing(control, "global-default"), 200);
});

test("without fairness so many requests run at once, of each kind", async () => {
  const filter = inFlightFilter({ requests: 1, mutating: 1 });
  void filter(request("/api/v1/pods").exchange, never);
  await assert.rejects(async () => filter(request("/api/v1/pods").exchange, never), { code: 429 });
  const watch = request("/api/v1/pods", { search: "watch=true" }).exchange;
  assert.equal((await filter(watch, async () => textAnswer("ok"))).kind, "text");
  const master = request("/api/v1/pods", { groups: ["system:masters"] }).exchange;
  assert.equal((await filter(master, async () => textAnswer("ok"))).kind, "text");
});
