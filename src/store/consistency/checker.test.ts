import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { checkHistory } from "./check-history.ts";
import type { Action, Answer, History, Operation, WatchedEvent } from "./history.ts";
import { findDisorder } from "./linearizable.ts";

/** An operation from one moment to another; without an answer nobody knows what came of it. */
function operation(times: [number, number], action: Action, answer?: Answer, key = "/a"): Operation {
  const [invokedAt, at] = times;
  const begun = { client: "c", key, action, invokedAt };
  return answer === undefined ? begun : { ...begun, answer: { ...answer, at } };
}

const done = (revision: number): Answer => ({ type: "done", revision });
const seen = (value: string | undefined, revision?: number): Answer => ({ type: "seen", value, revision });
const refused = (holds: string | undefined): Answer => ({ type: "refused", holds });
const get: Action = { type: "get" };
const create = (value: string): Action => ({ type: "create", value });
const update = (expected: string, value: string): Action => ({ type: "update", value, expected });
const remove = (expected: string): Action => ({ type: "delete", expected });

suite("orders of the operations of a key", () => {
  const table: [string, boolean, Operation[]][] = [
    ["nothing at all", true, []],
    ["one after the other", true, [operation([0, 1], create("x"), done(2)), operation([2, 3], get, seen("x"))]],
    ["a read of before", false, [operation([0, 1], create("x"), done(2)), operation([2, 3], get, seen(undefined))]],
    [
      "a read at the same time sees either",
      true,
      [
        operation([0, 9], create("x"), done(2)),
        operation([1, 2], get, seen(undefined)),
        operation([3, 4], get, seen("x")),
      ],
    ],
    [
      "but does not go back",
      false,
      [
        operation([0, 9], create("x"), done(2)),
        operation([1, 2], get, seen("x")),
        operation([3, 4], get, seen(undefined)),
      ],
    ],
    [
      "a lost update",
      false,
      [
        operation([0, 1], create("x"), done(2)),
        operation([2, 9], update("x", "y"), done(3)),
        operation([3, 8], update("x", "z"), done(4)),
      ],
    ],
    [
      "a write of unknown outcome that was done late",
      true,
      [operation([0, 1], create("x")), operation([2, 3], get, seen(undefined)), operation([4, 5], get, seen("x"))],
    ],
    [
      "one that was never done",
      true,
      [operation([0, 1], create("x")), operation([2, 3], create("y"), done(2)), operation([4, 5], get, seen("y"))],
    ],
    [
      "one that is undone",
      false,
      [operation([0, 1], create("x")), operation([2, 3], get, seen("x")), operation([4, 5], get, seen(undefined))],
    ],
    [
      "a refusal that names what was there",
      true,
      [operation([0, 1], create("x"), done(2)), operation([2, 3], update("w", "y"), refused("x"))],
    ],
    [
      "a refusal for no reason",
      false,
      [operation([0, 1], create("x"), done(2)), operation([2, 3], update("x", "y"), refused("x"))],
    ],
    [
      "a refused write that happened",
      false,
      [
        operation([0, 1], create("x"), done(2)),
        operation([2, 3], update("w", "y"), refused("x")),
        operation([4, 5], get, seen("y")),
      ],
    ],
    [
      "a removed key that comes back",
      false,
      [
        operation([0, 1], create("x"), done(2)),
        operation([2, 3], remove("x"), done(3)),
        operation([4, 5], get, seen("x")),
      ],
    ],
    ["created twice", false, [operation([0, 1], create("x"), done(2)), operation([2, 3], create("y"), done(3))]],
  ];
  for (const [name, isOrdered, operations] of table) {
    test(name, () => assert.equal(findDisorder(operations) === undefined, isOrdered));
  }

  test("many at the same time are searched in no time", () => {
    const operations: Operation[] = [operation([0, 1], create("0"), done(2))];
    for (let index = 0; index < 300; index++) {
      operations.push(operation([2 + index, 5000], update("0", `u${index}`)));
      operations.push(operation([2 + index, 1000 + index], get, seen(index < 200 ? "0" : "u7")));
    }
    assert.equal(findDisorder(operations), undefined);
    operations.push(operation([6000, 6001], get, seen("0")));
    assert.notEqual(findDisorder(operations), undefined);
  });
});

/** A history without a fault: three writes, a list, two watches. Each seeded fault changes one thing of it. */
function soundHistory(): History {
  const events: WatchedEvent[] = [
    { type: "put", key: "/a", revision: 2, value: "x", previous: undefined },
    { type: "put", key: "/b", revision: 3, value: "y", previous: undefined },
    { type: "put", key: "/a", revision: 4, value: "z", previous: { value: "x", revision: 2 } },
    { type: "delete", key: "/b", revision: 5, previous: { value: "y", revision: 3 } },
  ];
  // Copies, so that a fault in one watch is not in the others.
  const batchesAfter = (revision: number) =>
    events
      .filter((event) => event.revision > revision)
      .map((event) => ({ revision: event.revision, events: [{ ...event }] }));
  return {
    operations: [
      operation([0, 1], create("x"), done(2)),
      operation([2, 3], create("y"), done(3), "/b"),
      operation([4, 5], update("x", "z"), done(4)),
      operation([6, 7], get, seen("z", 4)),
      operation([8, 9], remove("y"), done(5), "/b"),
      operation([10, 11], get, seen(undefined), "/b"),
    ],
    listings: [{ invokedAt: 12, revision: 5, values: new Map([["/a", { value: "z", revision: 4 }]]) }],
    watchings: [
      { name: "w0", afterRevision: 1, batches: batchesAfter(1) },
      { name: "w1", afterRevision: 3, batches: batchesAfter(3) },
    ],
    log: { name: "the log", afterRevision: 1, batches: batchesAfter(1) },
  };
}

type Writable<T> =
  T extends ReadonlyMap<infer Key, infer Value> ? Map<Key, Value> : { -readonly [K in keyof T]: Writable<T[K]> };

suite("known bugs of stores are found", () => {
  test("a history without a fault is sound", () => assert.deepEqual(checkHistory(soundHistory()), []));

  const table: [string, RegExp, (history: Writable<History>) => void][] = [
    [
      "a lost write on a single-node crash (etcd 14370): acknowledged, and not there after the restart",
      /acknowledged delete of \/b at revision 5 is lost/,
      (history) => {
        history.log.batches.pop();
        history.watchings = [];
        history.operations.pop();
        history.listings = [];
      },
    ],
    [
      "a watch that goes back in time (etcd 15220, kubernetes 59848)",
      /w0: a batch of revision 3 comes after 4/,
      (history) => {
        const [first, second, third, fourth] = history.watchings[0]!.batches;
        history.watchings[0]!.batches = [first!, third!, second!, fourth!];
      },
    ],
    [
      "a revision that decreases after compaction and restart (etcd 17780)",
      /a write of \/a got revision 5 when 5 was known: revisions go back/,
      (history) => {
        history.operations.push(operation([20, 21], update("z", "late"), done(5)) as Writable<Operation>);
      },
    ],
    [
      "a delete that is missed at the compaction revision (etcd 19179)",
      /w1: the delete of \/b at revision 5 is missing/,
      (history) => {
        history.watchings[1]!.batches[1]!.events = [];
      },
    ],
    [
      "a stale read after a pause (kubernetes 59848): a list from a member that has not heard",
      /a list shows revision 4 when 5 was known/,
      (history) => {
        const values = new Map([["/a", { value: "z", revision: 4 }], ["/b", { value: "y", revision: 3 }]]); // biome-ignore format: pairs
        history.listings = [{ invokedAt: 12, revision: 4, values }];
      },
    ],
    [
      "a stale get after a pause",
      /\/a is not linearizable/,
      (history) => {
        history.operations.push(operation([20, 21], get, seen("x", 2)) as Writable<Operation>);
      },
    ],
    [
      "an event that comes twice",
      /w1: revision 4 of \/a comes after 4/,
      (history) => {
        const { batches } = history.watchings[1]!;
        batches.splice(1, 0, { revision: 4, events: [...batches[0]!.events] });
      },
    ],
    [
      "a gap in a watch that resumed",
      /w1: the put of \/a at revision 4 is missing/,
      (history) => void history.watchings[1]!.batches.shift(),
    ],
    [
      "a wrong previous value",
      /revision 4: \/a held x of 2, the event says nothing/,
      (history) => {
        history.log.batches[2]!.events[0]!.previous = undefined;
      },
    ],
    [
      "a value that nobody wrote",
      /nobody wrote q to \/a/,
      (history) => {
        history.log.batches[2]!.events[0]!.value = "q";
      },
    ],
    [
      "a list that mixes two revisions",
      /a list of revision 5 does not show/,
      (history) => void history.listings[0]!.values.set("/b", { value: "y", revision: 3 }),
    ],
    [
      "progress beyond what is durable",
      /w1: it has seen revision 9, and the store is at 5/,
      (history) => void history.watchings[1]!.batches.push({ revision: 9, events: [] }),
    ],
  ];
  for (const [name, message, seed] of table) {
    test(name, () => {
      const history = structuredClone(soundHistory()) as unknown as Writable<History>;
      seed(history);
      const wrong = checkHistory(history as unknown as History);
      assert.ok(
        wrong.some((what) => message.test(what)),
        `${message} in:\n${wrong.join("\n")}`,
      );
    });
  }
});
