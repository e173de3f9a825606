import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../base/log.ts";
import { turnsUntil, WorkClock } from "../../base/testing/work-clock.ts";
import { settle, VirtualClock } from "../../base/virtual-clock.ts";
import { bytes, watchFrom } from "../conformance/harness.ts";
import { CompactedError, KeyExistsError, type Store, StoreUnavailableError } from "../store.ts";
import type { CommitLog } from "./commit-log.ts";
import { DEFAULT_HISTORY_LIMITS } from "./compaction-schedule.ts";
import { Engine } from "./engine.ts";
import { type Change, VersionedMap } from "./versioned-map.ts";

interface Commit {
  changes: readonly Change[];
  firstRevision: number;
  succeed(): void;
  fail(message: string): void;
}

/** An engine whose disk does what the test says. */
function engineWithDisk(): { store: Store; clock: VirtualClock; commits: Commit[]; disk: { works: boolean } } {
  const clock = new VirtualClock();
  const commits: Commit[] = [];
  const disk = { works: true };
  const log: CommitLog = {
    commit: (changes, firstRevision) =>
      new Promise((resolve, reject) => {
        commits.push({ changes, firstRevision, succeed: resolve, fail: (message) => reject(new Error(message)) });
      }),
    recover: async () => {
      if (!disk.works) throw new Error("still broken");
    },
    compact: async () => {},
    close: async () => {},
  };
  const options = { clock, logger: silentLogger, history: DEFAULT_HISTORY_LIMITS, map: new VersionedMap(), log };
  return { store: new Engine({ ...options, expiring: new Map() }), clock, commits, disk };
}

test("to forget a hundred thousand changes takes many turns, one compaction after the other", async () => {
  const clock = new WorkClock();
  const map = new VersionedMap();
  for (let change = 0; change < 3000; change++) map.apply({ key: `/${change % 10}`, value: bytes("v") });
  const dropped: { revision: number; revisions: readonly number[] }[] = [];
  const log: CommitLog = {
    commit: async () => {},
    recover: async () => {},
    compact: async (revision, revisions) => void dropped.push({ revision, revisions }),
    close: async () => {},
  };
  // Each change takes a hundredth of a millisecond.
  const forget = map.forgetReplaced.bind(map);
  map.forgetReplaced = (event, forgotten) => {
    clock.work(0.01);
    forget(event, forgotten);
  };
  const store = new Engine({
    ...{ clock, logger: silentLogger, history: DEFAULT_HISTORY_LIMITS, map, log, expiring: new Map() },
  });
  const both = Promise.all([store.compact(2000), store.compact(3001)]);
  assert.equal(store.compactedRevision(), 3001);
  await assert.rejects(store.get("/1", { revision: 2500 }), CompactedError);
  assert.equal((await store.get("/1"))?.revision, 2993);
  const turns = await turnsUntil(both, clock);
  assert.ok(Math.max(...turns) < 6, `${turns}`);
  assert.deepEqual(
    dropped.map(({ revision, revisions }) => [revision, revisions.length]),
    [
      [2000, 1989],
      [3001, 1001],
    ],
  );
  assert.equal(map.history.length, 0);
  await store.close();
});

test("nothing is seen or acknowledged before its commit", async () => {
  const { store, commits } = engineWithDisk();
  let acknowledged = false;
  const watch = watchFrom(store, store.revision());
  const next = watch.next();
  const written = store.create("/a", bytes("one")).then(() => {
    acknowledged = true;
  });
  await settle();
  assert.equal(acknowledged, false);
  assert.equal(await store.get("/a"), undefined);
  assert.equal(store.revision(), 1);
  commits[0]?.succeed();
  await written;
  assert.equal((await store.get("/a"))?.revision, 2);
  assert.equal((await next).done, false);
});

test("writes that come during a commit go to the log together, which has not decided it yet", async () => {
  const { store, commits } = engineWithDisk();
  const writes = [store.create("/a", bytes("a"))];
  await settle();
  for (let index = 0; index < 10; index++) writes.push(store.create(`/b/${index}`, bytes("b")));
  await settle();
  assert.deepEqual(
    commits.map((commit) => [commit.changes.length, commit.firstRevision]),
    [
      [1, 2],
      [10, 3],
    ],
  );
  commits[0]?.succeed();
  await writes[0];
  assert.equal(store.revision(), 2, "the others are not seen yet");
  commits[1]?.succeed();
  const revisions = (await Promise.all(writes)).map((result) => result.revision);
  assert.deepEqual(
    revisions,
    Array.from({ length: 11 }, (_, index) => index + 2),
  );
});

test("what is under way behind a failed commit fails, too, and its revisions are given again", async () => {
  const { store, commits, clock } = engineWithDisk();
  const good = store.create("/good", bytes("x"));
  await settle();
  const refused: Promise<void>[] = [];
  for (const key of ["/a", "/b"]) {
    refused.push(assert.rejects(store.create(key, bytes("x")), StoreUnavailableError));
    await settle();
  }
  assert.deepEqual(
    commits.map(({ firstRevision }) => firstRevision),
    [2, 3, 4],
  );
  commits[0]?.succeed();
  commits[1]?.fail("broken");
  commits[2]?.fail("broken");
  await Promise.all([good, ...refused]);
  await clock.advance(1000);
  const again = store.create("/a", bytes("y"));
  await settle();
  assert.equal(commits[3]?.firstRevision, 3);
  commits[3]?.succeed();
  assert.equal((await again).revision, 3);
});

test("a log that decides commits in another order is not believed", async () => {
  const { store, commits } = engineWithDisk();
  const writes = [store.create("/a", bytes("a"))];
  await settle();
  writes.push(store.create("/b", bytes("b")));
  await settle();
  const outcomes = Promise.allSettled(writes);
  commits[1]?.succeed();
  await settle();
  commits[0]?.succeed();
  const [first, second] = await outcomes;
  assert.equal(second?.status, "rejected");
  assert.equal(first?.status, "fulfilled");
  assert.equal(store.revision(), 2);
});

test("so much is under way at once and no more; the rest waits, and a large write is never stuck", async () => {
  const { store, commits } = engineWithDisk();
  const writes = Array.from({ length: 2500 }, (_, index) => store.create(`/many/${index}`, bytes("x")));
  await settle();
  assert.deepEqual(
    commits.map(({ changes }) => changes.length),
    [2000],
  );
  writes.push(store.create("/large", Buffer.alloc(9 * 1024 * 1024)), store.create("/small", bytes("x")));
  for (let decided = 0; decided < commits.length; decided++) {
    commits[decided]?.succeed();
    await settle();
  }
  assert.deepEqual(
    commits.map(({ changes }) => changes.length),
    [2000, 500, 1, 1],
  );
  await Promise.all(writes);
});

test("a write is refused only by what is durable", async () => {
  const { store, commits, clock } = engineWithDisk();
  const first = store.create("/a", bytes("one"));
  const second = store.create("/a", bytes("two"));
  const outcomes = Promise.allSettled([first, second]);
  await settle();
  assert.equal(commits.length, 1, "the second waits for the outcome of the first");
  commits[0]?.fail("broken");
  const [lost, waited] = await outcomes;
  assert.ok(lost.status === "rejected" && lost.reason instanceof StoreUnavailableError);
  assert.ok(waited.status === "rejected" && waited.reason instanceof StoreUnavailableError, "not KeyExistsError");
  await clock.advance(1000);
  const third = store.create("/a", bytes("three"));
  const fourth = assert.rejects(store.create("/a", bytes("four")), KeyExistsError);
  await settle();
  commits[1]?.succeed();
  assert.equal((await third).revision, 2);
  await fourth;
});

test("a failed commit stops writing until the disk works, and reads go on", async () => {
  const { store, commits, clock, disk } = engineWithDisk();
  const good = store.create("/a", bytes("one"));
  await settle();
  commits[0]?.succeed();
  const { revision } = await good;
  disk.works = false;
  const inFlight = assert.rejects(store.update("/a", bytes("two"), revision), /cannot write: no room/);
  await settle();
  const queued = assert.rejects(store.create("/b", bytes("x")), StoreUnavailableError);
  commits[1]?.fail("no room");
  await Promise.all([inFlight, queued]);
  await clock.advance(120_000);
  await assert.rejects(store.create("/c", bytes("x")), StoreUnavailableError);
  assert.equal((await store.get("/a"))?.value.toString(), "one");
  assert.equal(store.revision(), revision);
  assert.equal(commits.length, 2);
  disk.works = true;
  await clock.advance(31_000);
  const again = store.update("/a", bytes("three"), revision);
  await settle();
  commits[2]?.succeed();
  assert.equal((await again).revision, revision + 1);
});

test("a key whose expiry cannot be written goes away later", async () => {
  const { store, commits, clock } = engineWithDisk();
  const created = store.create("/event", bytes("e"), { timeToLiveSeconds: 10 });
  await settle();
  commits[0]?.succeed();
  await created;
  await clock.advance(11_000);
  commits[1]?.fail("broken");
  await clock.advance(2000);
  assert.ok((await store.get("/event")) !== undefined);
  await clock.advance(5000);
  commits[2]?.succeed();
  await settle();
  assert.equal(await store.get("/event"), undefined);
});

test("close finishes what is under way and refuses the rest", async () => {
  const { store, commits } = engineWithDisk();
  const first = store.create("/a", bytes("a"));
  await settle();
  const second = store.create("/b", bytes("b"));
  const closed = store.close();
  await assert.rejects(store.create("/c", bytes("c")), StoreUnavailableError);
  commits[0]?.succeed();
  await settle();
  commits[1]?.succeed();
  assert.deepEqual([(await first).revision, (await second).revision], [2, 3]);
  await closed;
});

test("too many waiting writes are refused instead of piling up", async () => {
  const { store, commits } = engineWithDisk();
  const large = Buffer.alloc(50 * 1024 * 1024);
  const writes = Array.from({ length: 7 }, (_, index) => store.create(`/${index}`, large));
  const outcomes = Promise.allSettled(writes);
  await settle();
  commits[0]?.fail("enough");
  const messages = (await outcomes).map((outcome) => (outcome.status === "rejected" ? String(outcome.reason) : ""));
  assert.equal(messages.filter((message) => message.includes("too many writes wait for the disk")).length, 2);
});
