import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { ConfigMap } from "../api/generated/core/v1.ts";
import { configMaps, pods } from "../api/generated/resources.ts";
import { StatusError } from "../api/status.ts";
import { settle } from "../base/virtual-clock.ts";
import type { WatchOptions } from "../client/client.ts";
import { type MemoryServer, startMemoryServer } from "./testing/memory-server.ts";
import { askRaw } from "./testing/raw-door.ts";

let memory: MemoryServer;
beforeEach(async () => {
  memory = await startMemoryServer();
});
afterEach(() => memory.close());

const draft = (name: string, labels: Record<string, string> = {}): ConfigMap => ({
  metadata: { name, namespace: "default", labels },
});

/** Watches until stopped; what came is kept as `TYPE name@revision`. */
function watching(options: WatchOptions = {}) {
  const scope = new AbortController();
  const seen: string[] = [];
  const ended = (async () => {
    for await (const { type, object } of memory.client.watch(configMaps, { ...options, signal: scope.signal })) {
      const { name = "", resourceVersion, annotations } = object.metadata ?? {};
      const end = annotations?.["k8s.io/initial-events-end"] === "true" ? " (initial end)" : "";
      seen.push(`${type} ${name}@${resourceVersion}${end}`);
    }
  })();
  return {
    seen,
    ended,
    async stop() {
      scope.abort();
      await ended;
    },
  };
}

test("a watch gives what is there, then every change in order", async () => {
  await memory.client.create(configMaps, draft("a"));
  const watch = watching();
  await settle();
  await memory.client.create(configMaps, draft("b"));
  await memory.client.patch(
    configMaps,
    { namespace: "default", name: "a" },
    { type: "merge", body: { data: { x: "1" } } },
  );
  await memory.client.delete(configMaps, { namespace: "default", name: "b" });
  await settle();
  const types = watch.seen.map((line) => line.split("@")[0]);
  assert.deepEqual(types, ["ADDED a", "ADDED b", "MODIFIED a", "DELETED b"]);
  const revisions = watch.seen.map((line) => Number(line.split("@")[1]));
  assert.deepEqual(
    revisions,
    [...revisions].sort((left, right) => left - right),
  );
  await watch.stop();
});

test("a watch resumes from any kept revision without a gap", async () => {
  const first = await memory.client.create(configMaps, draft("a"));
  for (const name of ["b", "c", "d"]) await memory.client.create(configMaps, draft(name));
  const watch = watching({ resourceVersion: first.metadata!.resourceVersion! });
  await settle();
  await memory.client.create(configMaps, draft("e"));
  await settle();
  assert.deepEqual(
    watch.seen.map((line) => line.split("@")[0]),
    ["ADDED b", "ADDED c", "ADDED d", "ADDED e"],
  );
  await watch.stop();
});

test("an object that leaves the selector is seen as deleted, and as added when it returns", async () => {
  const watch = watching({ labelSelector: "tier=front" });
  await settle();
  const label = (tier: string | null) =>
    memory.client.patch(
      configMaps,
      { namespace: "default", name: "a" },
      { type: "merge", body: { metadata: { labels: { tier } } } },
    );
  await memory.client.create(configMaps, draft("a", { tier: "front" }));
  await label("back");
  await label("front");
  await label(null);
  await settle();
  assert.deepEqual(
    watch.seen.map((line) => line.split("@")[0]),
    ["ADDED a", "DELETED a", "ADDED a", "DELETED a"],
  );
  await watch.stop();
});

test("a streaming list ends its initial events with a bookmark", async () => {
  await memory.client.create(configMaps, draft("a"));
  const watch = watching({ sendInitialEvents: true, resourceVersionMatch: "NotOlderThan", allowWatchBookmarks: true });
  await settle();
  assert.equal(watch.seen.length, 2);
  assert.match(watch.seen[0]!, /^ADDED a@/);
  assert.match(watch.seen[1]!, /^BOOKMARK @\d+ \(initial end\)$/);
  await watch.stop();
});

test("an idle watch is kept fresh by bookmarks, and ends after its timeout", async () => {
  const created = await memory.client.create(configMaps, draft("a"));
  const watch = watching({
    resourceVersion: created.metadata!.resourceVersion!,
    allowWatchBookmarks: true,
    timeoutSeconds: 90,
  });
  await settle();
  await memory.client.create(
    { ...configMaps, resource: "secrets", kind: "Secret" },
    { metadata: { name: "other", namespace: "default" } },
  );
  await memory.clock.advance(61_000);
  assert.deepEqual(watch.seen, [`BOOKMARK @${memory.store.revision()}`]);
  await memory.clock.advance(30_000);
  await watch.ended;
});

test("history that was compacted is refused with 410", async () => {
  const created = await memory.client.create(configMaps, draft("a"));
  await memory.client.create(configMaps, draft("b"));
  await memory.store.compact(memory.store.revision());
  const watch = watching({ resourceVersion: created.metadata!.resourceVersion! });
  await assert.rejects(
    watch.ended,
    (error: unknown) => error instanceof StatusError && error.code === 410 && error.reason === "Expired",
  );
});

test("what a watch is refused for comes as its only event", async () => {
  const created = await memory.client.create(configMaps, draft("a"));
  await memory.client.create(configMaps, draft("b"));
  const now = memory.store.revision();
  await memory.store.compact(now);
  const path = "/api/v1/configmaps?watch=1";
  const old = await askRaw(memory.server, `${path}&resourceVersion=${created.metadata!.resourceVersion}`);
  assert.equal(old.code, 200);
  const { type, object } = JSON.parse(old.text);
  assert.deepEqual([type, object.code, object.reason], ["ERROR", 410, "Expired"]);
  assert.match(object.message, /^too old resource version: \d+ \(\d+\)$/);
  const initial = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
  const early = JSON.parse((await askRaw(memory.server, `${path}&${initial}&resourceVersion=${now + 5}`)).text);
  assert.deepEqual([early.type, early.object.code, early.object.reason], ["ERROR", 504, "Timeout"]);
  assert.equal(early.object.message, `Too large resource version: ${now + 5}, current: ${now}`);
});

test("a page is over with the last object that it may have: whether others are wanted is for the next one", async () => {
  for (const name of ["a", "b", "c", "d"]) {
    await memory.client.create(configMaps, draft(name, name === "d" ? {} : { wanted: name < "c" ? "yes" : "no" }));
  }
  const page = async (query: string) => {
    const { items, metadata } = (
      await askRaw(memory.server, `/api/v1/namespaces/default/configmaps?labelSelector=${query}`)
    ).json();
    assert.equal(metadata.remainingItemCount, undefined);
    const names = items.map((each: ConfigMap) => each.metadata?.name).join("");
    return [names, metadata.continue];
  };
  const [first, token] = await page("wanted%3Dyes&limit=2");
  assert.equal(first, "ab");
  assert.deepEqual(await page(`wanted%3Dyes&limit=2&continue=${token}`), ["", undefined]);
  assert.deepEqual(await page("wanted%3Dyes&limit=3"), ["ab", undefined]);
  assert.deepEqual(await page("!wanted&limit=1"), ["d", undefined]);
});

test("pages of a list show one revision", async () => {
  for (const name of ["a", "b", "c", "d", "e"]) await memory.client.create(configMaps, draft(name));
  const first = await memory.client.list(configMaps, { namespace: "default", limit: 2 });
  assert.deepEqual(
    first.items.map((item) => item.metadata?.name),
    ["a", "b"],
  );
  assert.equal(first.metadata.remainingItemCount, 3);
  await memory.client.delete(configMaps, { namespace: "default", name: "c" });
  await memory.client.create(configMaps, draft("cc"));
  const second = await memory.client.list(configMaps, {
    namespace: "default",
    limit: 2,
    continue: first.metadata.continue!,
  });
  assert.deepEqual(
    second.items.map((item) => item.metadata?.name),
    ["c", "d"],
  );
  assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  const third = await memory.client.list(configMaps, {
    namespace: "default",
    limit: 2,
    continue: second.metadata.continue!,
  });
  assert.deepEqual(
    third.items.map((item) => item.metadata?.name),
    ["e"],
  );
  assert.equal(third.metadata.continue, undefined);
});

test("a list of whatever the cache has comes whole, and a broken token is told before other faults", async () => {
  for (const name of ["a", "b", "c"]) await memory.client.create(configMaps, draft(name));
  const list = async (query: string) => {
    const { code, json } = await askRaw(memory.server, `/api/v1/namespaces/default/configmaps?${query}`);
    return { code, ...json() };
  };
  const { items, metadata } = await list("limit=1&resourceVersion=0");
  assert.deepEqual([items.length, metadata.continue], [3, undefined]);
  const broken = await list("limit=1&resourceVersion=1&continue=x");
  assert.equal(broken.code, 400);
  assert.match(broken.message, /^invalid continue token: continue key is not valid: /);
  const { continue: token } = (await list("limit=1")).metadata;
  assert.match((await list("limit=1&resourceVersion=x&continue=x")).message, /^invalid continue token: /);
  for (const version of ["1", "x"]) {
    const both = await list(`limit=1&resourceVersion=${version}&continue=${token}`);
    assert.equal(both.message, "specifying resource version is not allowed when using continue");
  }
});

test("pages that name a revision and no match begin at that very revision", async () => {
  const revisions: string[] = [];
  for (const name of ["a", "b", "c"]) {
    revisions.push((await memory.client.create(configMaps, draft(name))).metadata?.resourceVersion ?? "");
  }
  const list = async (query: string) => {
    const { items, metadata } = (await askRaw(memory.server, `/api/v1/namespaces/default/configmaps?${query}`)).json();
    return [items.map((each: ConfigMap) => each.metadata?.name).join(""), metadata.resourceVersion];
  };
  const [, second, third] = revisions;
  assert.deepEqual(await list(`limit=5&resourceVersion=${second}`), ["ab", second]);
  assert.deepEqual(await list(`resourceVersion=${second}`), ["abc", third]);
  assert.deepEqual(await list(`limit=5&resourceVersion=${second}&resourceVersionMatch=NotOlderThan`), ["abc", third]);
  assert.deepEqual(await list(`limit=5&resourceVersion=${second}&resourceVersionMatch=Exact`), ["ab", second]);
});

test("numbers among the parameters are read as Go reads them; a negative limit is none", async () => {
  for (const name of ["a", "b"]) await memory.client.create(configMaps, draft(name));
  const path = "/api/v1/namespaces/default/configmaps";
  const all = await askRaw(memory.server, `${path}?limit=-1`);
  assert.deepEqual([all.code, all.json().items.length], [200, 2]);
  for (const query of ["limit=x", "timeoutSeconds=x", "watch=1&timeoutSeconds=x", "watch=1&limit=x"]) {
    const { code, json } = await askRaw(memory.server, `${path}?${query}`);
    assert.deepEqual([code, json().message], [400, 'strconv.ParseInt: parsing "x": invalid syntax'], query);
  }
  const large = (await askRaw(memory.server, `${path}?limit=9999999999999999999`)).json();
  assert.equal(large.message, 'strconv.ParseInt: parsing "9999999999999999999": value out of range');
});

test("a page after compaction is refused with a token that goes on in the present", async () => {
  for (const name of ["a", "b", "c"]) await memory.client.create(configMaps, draft(name));
  const first = await memory.client.list(configMaps, { namespace: "default", limit: 1 });
  await memory.client.delete(configMaps, { namespace: "default", name: "b" });
  await memory.store.compact(memory.store.revision());
  const next = memory.client.list(configMaps, { namespace: "default", limit: 1, continue: first.metadata.continue! });
  const error = await next.catch((failure: unknown) => failure);
  assert.ok(error instanceof StatusError);
  assert.equal(error.code, 410);
  const rest = await memory.client.list(configMaps, {
    namespace: "default",
    limit: 5,
    continue: error.status.metadata.continue!,
  });
  assert.deepEqual(
    rest.items.map((item) => item.metadata?.name),
    ["c"],
  );
});

test("selectors choose, and what cannot be selected by is refused", async () => {
  await memory.client.create(configMaps, draft("a", { tier: "front" }));
  await memory.client.create(configMaps, draft("b", { tier: "back" }));
  const byLabel = await memory.client.list(configMaps, { labelSelector: "tier in (front)" });
  assert.deepEqual(
    byLabel.items.map((item) => item.metadata?.name),
    ["a"],
  );
  const byField = await memory.client.list(configMaps, { fieldSelector: "metadata.name!=a" });
  assert.deepEqual(
    byField.items.map((item) => item.metadata?.name),
    ["b"],
  );
  await assert.rejects(
    memory.client.list(configMaps, { fieldSelector: "data.x=1" }),
    /field label not supported: data\.x/,
  );
  for (const field of ["constructor", "__proto__", "toString"]) {
    await assert.rejects(
      memory.client.list(pods, { fieldSelector: `${field}=x` }),
      new RegExp(`field label not supported: ${field}$`),
    );
  }
  await assert.rejects(memory.client.list(configMaps, { labelSelector: "a in (" }), /unable to parse requirement/);
});

test("whoever verifies tokens may keep the keys for an hour", async () => {
  for (const path of ["/.well-known/openid-configuration", "/openid/v1/jwks"]) {
    const { code, headers } = await askRaw(memory.server, path);
    assert.deepEqual([code, headers["cache-control"]], [200, "public, max-age=3600"], path);
  }
});
