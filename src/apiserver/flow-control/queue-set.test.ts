import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { endlessTurns, type TurnBudget, turnBudget } from "../../base/turn-budget.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { QueueSet, type QueueSetConfiguration, type Ticket, type WorkEstimate } from "./queue-set.ts";
import { ONE_SEAT } from "./work-estimate.ts";

const QUEUES: QueueSetConfiguration = { queues: 128, handSize: 6, queueLengthLimit: 50 };

interface Scene {
  readonly clock: VirtualClock;
  readonly set: QueueSet;
  /** Names of the requests that have started, in order. */
  readonly started: string[];
  enter(name: string, options?: { flow?: string; work?: WorkEstimate; turnShare?: number }): string;
  leave(name: string): void;
}

function scene(limit: number, configuration = QUEUES, turns: TurnBudget = endlessTurns): Scene {
  const clock = new VirtualClock();
  const set = new QueueSet({ clock, turns, configuration, limit });
  const started: string[] = [];
  const tickets = new Map<string, Ticket>();
  return {
    clock,
    set,
    started,
    enter(name, { flow = name.slice(0, 1), work = ONE_SEAT, turnShare = 1 } = {}) {
      const arrivedMs = clock.monotonic();
      const ticket: Ticket = { flow, work, arrivedMs, turnShare, start: () => void started.push(name) };
      tickets.set(name, ticket);
      return set.enter(ticket);
    },
    leave: (name) => set.leave(tickets.get(name)!),
  };
}

test("as many seats as there are, then queues, in order", () => {
  const { set, started, enter, leave } = scene(2);
  assert.deepEqual([enter("a1"), enter("a2"), enter("a3"), enter("a4")], ["started", "started", "queued", "queued"]);
  assert.deepEqual([set.executing, set.waiting, set.seatsInUse, set.seatDemand], [2, 2, 2, 4]);
  leave("a1");
  assert.deepEqual(started, ["a1", "a2", "a3"]);
  leave("a2");
  leave("a3");
  leave("a4");
  leave("a4");
  assert.deepEqual([set.executing, set.waiting, set.seatDemand], [0, 0, 0]);
});

test("a full queue refuses; a hand of queues takes as many as all of them", () => {
  const { enter } = scene(1, { queues: 64, handSize: 4, queueLengthLimit: 10 });
  const entries = Array.from({ length: 60 }, (_, number) => enter(`a${number}`));
  assert.equal(entries.filter((entry) => entry === "started").length, 1);
  // The queue of the one that runs counts its work, so the others fill first; all four fill in the end.
  assert.equal(entries.filter((entry) => entry === "queued").length, 40);
  assert.equal(entries.filter((entry) => entry === "queue-full").length, 19);
});

test("without queues what does not fit is refused", () => {
  const { enter, leave } = scene(1, { queues: 0, handSize: 0, queueLengthLimit: 0 });
  assert.deepEqual([enter("a"), enter("b")], ["started", "concurrency-limit"]);
  leave("a");
  assert.equal(enter("c"), "started");
});

test("a flood waits behind a newcomer of another flow", async () => {
  const { clock, started, enter, leave } = scene(1);
  for (let number = 0; number < 100; number++) enter(`f${number}`);
  // The flood has had the seat for a while when the other one comes.
  for (let number = 0; number < 20; number++) {
    await clock.advance(10);
    leave(started.at(-1)!);
  }
  enter("v");
  // The flood's six queues may each have a turn before, not more.
  for (let number = 0; number < 7 && !started.includes("v"); number++) {
    await clock.advance(10);
    leave(started.at(-1)!);
  }
  assert.ok(started.includes("v"), started.join());
});

test("two flows share the seats, however much each asks for", async () => {
  const { clock, started, enter, leave } = scene(4);
  let number = 0;
  for (; number < 120; number++) enter(`f${number}`);
  for (let small = 0; small < 40; small++) enter(`g${small}`);
  let running = [...started];
  for (let round = 0; round < 15; round++) {
    await clock.advance(10);
    const before = started.length;
    for (const name of running) leave(name);
    running = started.slice(before);
  }
  const of = (flow: string): number => started.slice(4).filter((name) => name.startsWith(flow)).length;
  assert.ok(Math.abs(of("f") - of("g")) <= 12, `${of("f")} of f, ${of("g")} of g`);
});

test("wide requests take as many seats; one that is too wide runs alone", () => {
  const wide = { initialSeats: 3, finalSeats: 0, finalMs: 0 };
  const { set, enter, leave } = scene(4);
  assert.equal(enter("a", { work: wide }), "started");
  assert.equal(enter("b", { work: wide }), "queued");
  assert.equal(set.seatsInUse, 3);
  leave("a");
  assert.equal(set.seatsInUse, 3);
  leave("b");
  assert.equal(enter("c", { work: { ...wide, initialSeats: 9 } }), "started");
  assert.equal(enter("d"), "queued");
  leave("c");
  assert.equal(set.executing, 1);
});

test("final seats are held for a while after the answer", async () => {
  const { clock, set, enter, leave } = scene(2);
  enter("a", { work: { initialSeats: 1, finalSeats: 2, finalMs: 5 } });
  assert.equal(set.seatsInUse, 2);
  leave("a");
  assert.equal(enter("b"), "queued");
  await clock.advance(5);
  assert.deepEqual([set.executing, set.seatsInUse], [1, 1]);
});

test("more seats let waiting requests start; who leaves the queue is forgotten", () => {
  const { set, started, enter, leave } = scene(0);
  for (const name of ["a1", "a2", "b1"]) assert.equal(enter(name), "queued");
  leave("a1");
  set.setLimit(5);
  assert.deepEqual(started.toSorted(), ["a2", "b1"]);
});

test("one turn begins so many; requests of the process do not count", async () => {
  const { set, started, enter } = scene(100, QUEUES, turnBudget(3));
  for (let number = 0; number < 8; number++) enter(`a${number}`);
  assert.equal(started.length, 3);
  const other = scene(100, QUEUES, turnBudget(3));
  for (let number = 0; number < 8; number++) assert.equal(other.enter(`a${number}`, { turnShare: 0 }), "started");
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(started.length, 6);
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(set.waiting, 0);
});

test("of what is over in no time more begins in a turn", () => {
  const { started, enter } = scene(100, QUEUES, turnBudget(3));
  for (let number = 0; number < 5; number++) enter(`a${number}`, { turnShare: 0.25 });
  for (let number = 0; number < 5; number++) enter(`b${number}`);
  assert.equal(started.filter((name) => name.startsWith("a")).length, 5);
  assert.equal(started.length, 7);
});

test("whatever happens: never more seats than the limit, nobody lost, nobody twice", async () => {
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant("enter" as const),
        flow: fc.integer({ min: 0, max: 9 }),
        seats: fc.integer({ min: 1, max: 6 }),
        final: fc.integer({ min: 0, max: 3 }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("leave" as const), pick: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 0, max: 50 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("limit" as const), limit: fc.integer({ min: 1, max: 12 }) }),
    },
  );
  const property = fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
    const { clock, set, started, enter, leave } = scene(6, { queues: 8, handSize: 3, queueLengthLimit: 5 });
    const inside = new Set<string>();
    let most = 6;
    let number = 0;
    for (const one of steps) {
      if (one.kind === "enter") {
        const name = String(number++);
        const work = { initialSeats: one.seats, finalSeats: one.final, finalMs: one.final > 0 ? 5 : 0 };
        if (!enter(name, { flow: String(one.flow), work }).startsWith("queue-full")) inside.add(name);
      } else if (one.kind === "leave" && inside.size > 0) {
        const name = [...inside][one.pick % inside.size]!;
        inside.delete(name);
        leave(name);
      } else if (one.kind === "pass") await clock.advance(one.ms);
      else if (one.kind === "limit") {
        most = Math.max(most, one.limit);
        set.setLimit(one.limit);
      }
      // One request that is wider than everything may run alone.
      assert.ok(set.seatsInUse <= most || set.executing <= 1, `${set.seatsInUse} seats of ${most}`);
      assert.ok(set.seatsInUse >= 0 && set.waiting >= 0 && set.seatDemand >= set.seatsInUse);
    }
    assert.equal(new Set(started).size, started.length);
    set.setLimit(12);
    for (let round = 0; round < 300 && inside.size > 0; round++) {
      const running = started.filter((name) => inside.has(name));
      assert.ok(running.length > 0 || set.seatsInUse > 0, "something runs while something waits");
      for (const name of running) {
        inside.delete(name);
        leave(name);
      }
      await clock.advance(10);
    }
    await clock.advance(10);
    assert.deepEqual([inside.size, set.executing, set.waiting, set.seatDemand], [0, 0, 0, 0]);
    for (const queue of set.look().queues) {
      assert.deepEqual([queue.waiting.size, queue.executing, queue.seatsInUse, queue.waitingSeats], [0, 0, 0, 0]);
    }
  });
  await fc.assert(property, { numRuns: 60 });
});
