import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { ConfigMap } from "../api/generated/core/v1.ts";
import { configMaps, pods, secrets } from "../api/generated/resources.ts";
import type { ApiObject } from "../api/meta.ts";
import { StatusError } from "../api/status.ts";
import { seededRandom } from "../base/random.ts";
import { settle } from "../base/virtual-clock.ts";
import type { WatchOptions } from "../client/client.ts";
import { type MemoryServer, startMemoryServer } from "./testing/memory-server.ts";
import { askRaw } from "./testing/raw-door.ts";

let memory: MemoryServer;
beforeEach(async () => {
  memory = await startMemoryServer();
});
afterEach(() => memory.close());

const MINUTE_MS = 60_000;

async function create(name: string, namespace = "default"): Promise<number> {
  const { metadata } = await memory.client.create(configMaps, { metadata: { name, namespace } });
  return Number(metadata?.resourceVersion);
}

async function change(name: string): Promise<number> {
  const { namespace = "default", resourceVersion } =
    (
      await memory.client.patch(
        configMaps,
        { namespace: "default", name },
        { type: "merge", body: { data: { at: String(memory.store.revision()) } } },
      )
    ).metadata ?? {};
  assert.equal(namespace, "default");
  return Number(resourceVersion);
}

/** Watches until the test ends; what came is kept as `TYPE name@revision`. */
function watching(options: WatchOptions = {}) {
  const scope = new AbortController();
  const seen: string[] = [];
  const objects: ApiObject[] = [];
  const ended = (async () => {
    const watch = memory.client.watch(configMaps, { namespace: "default", ...options, signal: scope.signal });
    for await (const { type, object } of watch) {
      const { name = "", resourceVersion, annotations } = object.metadata ?? {};
      const end = annotations?.["k8s.io/initial-events-end"] === "true" ? " (initial end)" : "";
      seen.push(`${type} ${name}@${resourceVersion}${end}`);
      objects.push(object);
    }
  })();
  return {
    seen,
    objects,
    ended,
    async stop() {
      scope.abort();
      await ended;
    },
  };
}

type From = "" | "0" | "before" | "now";
interface Beginning {
  readonly from: From;
  readonly bookmarks: boolean;
  readonly initial?: boolean;
  /** What is told of what was there: all of it, and its end. */
  readonly present: boolean;
  readonly end: boolean;
}

// As upstream's RunWatchSemantics has them.
const BEGINNINGS: readonly Beginning[] = [
  ...(["", "0", "before", "now"] as const).flatMap((from): Beginning[] => [
    { from, bookmarks: true, initial: true, present: true, end: true },
    { from, bookmarks: true, initial: false, present: from === "before", end: false },
    { from, bookmarks: false, initial: false, present: from === "before", end: false },
    { from, bookmarks: false, initial: true, present: true, end: false },
  ]),
  { from: "0", bookmarks: false, present: true, end: false },
  { from: "0", bookmarks: true, present: true, end: false },
  { from: "", bookmarks: false, present: true, end: false },
  { from: "", bookmarks: true, present: true, end: false },
  { from: "before", bookmarks: true, present: true, end: false },
  { from: "now", bookmarks: true, present: false, end: false },
];

for (const { from, bookmarks, initial, present, end } of BEGINNINGS) {
  const text = (value: boolean | undefined): string => (value === undefined ? "unset" : String(value));
  test(`a watch from ${from || "nowhere"}, bookmarks ${bookmarks}, initial events ${text(initial)}`, async () => {
    const before = memory.store.revision();
    const there: string[] = [];
    for (const name of ["a", "b", "c"]) there.push(`ADDED ${name}@${await create(name)}`);
    const now = memory.store.revision();
    const watch = watching({
      ...(from !== "" && { resourceVersion: from === "before" ? String(before) : from === "now" ? String(now) : from }),
      ...(bookmarks && { allowWatchBookmarks: true }),
      ...(initial !== undefined && { sendInitialEvents: initial, resourceVersionMatch: "NotOlderThan" }),
    });
    await settle();
    const expected = [...(present ? there : []), ...(end ? [`BOOKMARK @${now} (initial end)`] : [])];
    assert.deepEqual(watch.seen, expected);
    for (const name of ["d", "e"]) expected.push(`ADDED ${name}@${await create(name)}`);
    await settle();
    assert.deepEqual(watch.seen, expected);
    await watch.stop();
  });
}

const STREAM = { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan", allowWatchBookmarks: true };

test("the end of the initial events is at the revision of all that the server has, and says nothing else", async () => {
  await create("a");
  const other = await create("z", "other");
  const watch = watching(STREAM);
  await settle();
  assert.equal(watch.seen.at(-1), `BOOKMARK @${other} (initial end)`);
  assert.deepEqual(watch.objects.at(-1), {
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: { resourceVersion: String(other), annotations: { "k8s.io/initial-events-end": "true" } },
  });
  await watch.stop();
});

test("a streaming list of one name, or of nothing, ends as any other", async () => {
  const first = await create("a");
  const last = await create("b");
  const [one, none] = [
    watching({ ...STREAM, fieldSelector: "metadata.name=a" }),
    watching({ ...STREAM, namespace: "empty" }),
  ];
  await settle();
  assert.deepEqual(one.seen, [`ADDED a@${first}`, `BOOKMARK @${last} (initial end)`]);
  assert.deepEqual(none.seen, [`BOOKMARK @${last} (initial end)`]);
  await Promise.all([one.stop(), none.stop()]);
});

test("initial events come in the order of names, however many they are, and none is missed or told twice", async () => {
  const names = Array.from({ length: 250 }, (_, index) => `c-${String(index).padStart(3, "0")}`);
  for (const name of names.toReversed()) await create(name);
  const watch = watching(STREAM);
  const meanwhile = Promise.all([change("c-000"), change("c-249"), create("c-250")]);
  await meanwhile;
  await settle();
  const end = watch.seen.findIndex((line) => line.endsWith("(initial end)"));
  const told = watch.seen.slice(0, end).map((line) => line.split("@")[0]);
  assert.deepEqual(
    told.slice(0, 250),
    names.map((name) => `ADDED ${name}`),
  );
  const revisions = watch.seen.slice(end).map((line) => Number(/@(\d+)/.exec(line)?.[1]));
  assert.deepEqual(
    revisions,
    revisions.toSorted((one, other) => one - other),
  );
  const known = new Map(watch.objects.map(({ metadata }) => [metadata?.name, metadata?.resourceVersion]));
  const { items } = await memory.client.list(configMaps, { namespace: "default" });
  for (const { metadata } of items) assert.equal(known.get(metadata?.name), metadata?.resourceVersion, metadata?.name);
  await watch.stop();
});

test("a watch from 0 shows what is there as added, also when its earlier versions are forgotten", async () => {
  await create("a");
  const changed = await change("a");
  const [early] = [watching({ resourceVersion: "0" })];
  await settle();
  assert.deepEqual(early.seen, [`ADDED a@${changed}`]);
  const again = await change("a");
  await memory.store.compact(again);
  const late = watching({ resourceVersion: "0" });
  await settle();
  assert.deepEqual(late.seen, [`ADDED a@${again}`]);
  assert.deepEqual(early.seen, [`ADDED a@${changed}`, `MODIFIED a@${again}`]);
  await Promise.all([early.stop(), late.stop()]);
});

test("a deletion is told at its own revision, which is the oldest that can be watched from once it is compacted", async () => {
  const made = await create("a");
  const watch = watching({ resourceVersion: String(made) });
  await settle();
  await memory.client.delete(configMaps, { namespace: "default", name: "a" });
  const gone = memory.store.revision();
  await settle();
  assert.deepEqual(watch.seen, [`DELETED a@${gone}`]);
  await memory.store.compact(gone);
  const from = (revision: number) => watching({ resourceVersion: String(revision) });
  const isExpired = (error: unknown): boolean =>
    error instanceof StatusError && error.code === 410 && error.reason === "Expired";
  await assert.rejects(from(gone - 1).ended, isExpired);
  const resumed = from(gone);
  await settle();
  const later = await create("b");
  await settle();
  assert.deepEqual(resumed.seen, [`ADDED b@${later}`]);
  const page = `/api/v1/namespaces/default/configmaps?resourceVersionMatch=Exact&resourceVersion=`;
  assert.deepEqual((await askRaw(memory.server, `${page}${gone}`)).json().items, []);
  assert.equal((await askRaw(memory.server, `${page}${gone - 1}`)).code, 410);
  await Promise.all([watch.stop(), resumed.stop()]);
});

test("a watch from a revision that has not been yet begins, and tells what comes after it", async () => {
  const start = (await create("a")) + 3;
  const watch = watching({ resourceVersion: String(start) });
  const never = watching({ resourceVersion: "9223372036854775807" });
  await settle();
  assert.deepEqual(watch.seen, []);
  const expected: string[] = [];
  for (let round = 0; round < 6; round++) {
    const revision = await change("a");
    if (revision > start) expected.push(`MODIFIED a@${revision}`);
  }
  await settle();
  assert.ok(expected.length > 0);
  assert.deepEqual(watch.seen, expected);
  assert.deepEqual(never.seen, []);
  await Promise.all([watch.stop(), never.stop()]);
});

test("bookmarks come each minute to who wants them, never behind what was told and never ahead of what is to come", async () => {
  const random = seededRandom(7);
  await create("a");
  const from = String(memory.store.revision());
  const asked = { resourceVersion: from, allowWatchBookmarks: true };
  const [watch, plain] = [watching(asked), watching({ resourceVersion: from })];
  await settle();
  for (let minute = 0; minute < 6; minute++) {
    for (let write = Math.floor(random.fraction() * 3); write >= 0; write--) {
      await (write === 1
        ? memory.client.create(secrets, { metadata: { name: `s${minute}`, namespace: "other" } })
        : change("a"));
    }
    await memory.clock.advance(MINUTE_MS);
  }
  await settle();
  const lines = watch.seen.map((line) => ({ isBookmark: line.startsWith("BOOKMARK"), at: Number(line.split("@")[1]) }));
  assert.ok(lines.filter(({ isBookmark }) => isBookmark).length >= 5);
  lines.reduce((before, { isBookmark, at }) => {
    assert.ok(isBookmark ? at >= before : at > before, watch.seen.join("\n"));
    return at;
  }, Number(from));
  assert.equal(lines.at(-1)?.at, memory.store.revision());
  assert.ok(plain.seen.length > 0 && plain.seen.every((line) => line.startsWith("MODIFIED")));
  await Promise.all([watch.stop(), plain.stop()]);
});

test("the last word of a watch whose time is over is where to go on, for who takes bookmarks", async () => {
  const from = String(await create("a"));
  const options = { resourceVersion: from, timeoutSeconds: 30 };
  const [watch, plain] = [watching({ ...options, allowWatchBookmarks: true }), watching(options)];
  await settle();
  const changed = await change("a");
  const other = await create("z", "other");
  await memory.clock.advance(31_000);
  await Promise.all([watch.ended, plain.ended]);
  assert.deepEqual(plain.seen, [`MODIFIED a@${changed}`]);
  assert.deepEqual(watch.seen, [`MODIFIED a@${changed}`, `BOOKMARK @${other}`]);
});

test("a watch that does not say how long ends between the server's time and twice that", async () => {
  const short = await startMemoryServer({ watchSecondsMin: 10 });
  try {
    const ends = Array.from({ length: 5 }, async () => {
      const events = short.client.watch(configMaps, { namespace: "default" });
      for await (const { type } of events) assert.fail(type);
      return short.clock.now();
    });
    const start = short.clock.now();
    for (let second = 0; second < 21; second++) {
      await settle();
      await short.clock.advance(1000);
    }
    const seconds = (await Promise.all(ends)).map((end) => (end - start) / 1000);
    assert.ok(
      seconds.every((each) => each >= 10 && each <= 20),
      seconds.join(),
    );
    assert.ok(new Set(seconds).size > 1, "not all at once");
  } finally {
    await short.close();
  }
});

test("what a write answers, every list that comes after it shows", async () => {
  for (let round = 0; round < 5; round++) {
    const at = await create(`r${round}`);
    for (const query of ["", "?resourceVersion=0", `?resourceVersion=${at}`, "?limit=100"]) {
      const { items, metadata } = (await askRaw(memory.server, `/api/v1/namespaces/default/configmaps${query}`)).json();
      assert.ok(Number(metadata.resourceVersion) >= at, query);
      assert.ok(
        items.some((each: ConfigMap) => each.metadata?.name === `r${round}`),
        query,
      );
    }
  }
});

test("the same objects are found by their node with and without a namespace, a page at a time", async () => {
  for (const namespace of ["one", "two"]) {
    for (const [name, nodeName] of [
      ["a", "n1"],
      ["b", "n2"],
      ["c", "n1"],
    ] as const) {
      await memory.client.create(pods, {
        metadata: { namespace, name },
        spec: { nodeName, containers: [{ name: "c", image: "i" }] },
      });
    }
  }
  const names = async (path: string, query: string): Promise<string[]> => {
    const found: string[] = [];
    let token = "";
    do {
      const { items, metadata } = (
        await askRaw(memory.server, `/api/v1/${path}?fieldSelector=${query}&limit=1&continue=${token}`)
      ).json();
      for (const { metadata: each } of items) found.push(`${each.namespace}/${each.name}`);
      token = metadata.continue ?? "";
    } while (token !== "");
    return found;
  };
  assert.deepEqual(await names("pods", "spec.nodeName%3Dn1"), ["one/a", "one/c", "two/a", "two/c"]);
  assert.deepEqual(await names("namespaces/two/pods", "spec.nodeName%3Dn1"), ["two/a", "two/c"]);
  assert.deepEqual(await names("pods", "spec.nodeName!%3Dn1"), ["one/b", "two/b"]);
  assert.deepEqual(await names("pods", "spec.nodeName%3Dn1,metadata.name%3Dc"), ["one/c", "two/c"]);
  assert.deepEqual(await names("pods", "spec.nodeName%3Dn1,metadata.namespace%3Dtwo"), ["two/a", "two/c"]);
});
