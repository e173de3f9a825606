import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import type { ConfigMap } from "../../src/api/generated/core/v1.ts";
import { configMaps, namespaces } from "../../src/api/generated/resources.ts";
import { StatusError } from "../../src/api/status.ts";
import { type MemoryServer, startMemoryServer } from "../../src/apiserver/testing/memory-server.ts";
import { askRaw } from "../../src/apiserver/testing/raw-door.ts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { openEtcdStore } from "../../src/store/etcd/etcd-store.ts";
import { type EtcdCluster, startEtcd, withoutEtcd } from "../support/etcd.ts";
import { eventually } from "../support/eventually.ts";

/** What upstream's tests of its storage ask for on a real etcd, of two API servers that share one: writes here are seen there. */
suite("two API servers on one etcd", { skip: withoutEtcd(), timeout: 120_000 }, () => {
  let etcd: EtcdCluster;
  let here: MemoryServer;
  let there: MemoryServer;
  before(async () => {
    etcd = await startEtcd();
    const by = { clock: systemClock, random: systemRandom, log: silentLogger };
    const start = async () =>
      startMemoryServer({ store: await openEtcdStore({ servers: etcd.urls, ...by }), isStoreShared: true });
    [here, there] = [await start(), await start()];
  });
  after(async () => {
    await Promise.all([here?.close(), there?.close()]);
    await etcd?.stop();
  });

  const inNamespace = async (namespace: string): Promise<(name: string, labels?: object) => Promise<ConfigMap>> => {
    await here.client.create(namespaces, { metadata: { name: namespace } });
    return (name, labels = {}) =>
      here.client.create(configMaps, { metadata: { name, namespace, labels: { ...labels } } });
  };
  const revisionOf = (object: ConfigMap): string => object.metadata?.resourceVersion ?? "";
  const namesOf = (items: readonly ConfigMap[]): string => items.map(({ metadata }) => metadata?.name).join("");

  /** A watch at the other server; what came is kept as `TYPE name@revision`. */
  function watchThere(namespace: string, options: Record<string, string | boolean> = {}) {
    const scope = new AbortController();
    const seen: string[] = [];
    const ended = (async () => {
      const asked = { ...options, namespace, signal: scope.signal };
      for await (const { type, object } of there.client.watch(configMaps, asked)) {
        seen.push(`${type} ${object.metadata?.name ?? ""}@${revisionOf(object)}`);
      }
    })();
    ended.catch(() => {});
    const until = (count: number) => eventually(`${count} events`, () => seen.length >= count && seen);
    const stop = async () => {
      scope.abort();
      await ended;
    };
    return { ended, until, stop };
  }

  test("a list and a read there show what was written here a moment ago", async () => {
    const create = await inNamespace("fresh");
    for (let number = 0; number < 20; number++) {
      const made = await create(`m${number}`);
      const read = await there.client.get(configMaps, { namespace: "fresh", name: `m${number}` });
      assert.equal(revisionOf(read), revisionOf(made));
      const list = await there.client.list(configMaps, { namespace: "fresh" });
      assert.equal(list.items.length, number + 1);
      assert.ok(Number(list.metadata.resourceVersion) >= Number(revisionOf(made)));
    }
  });

  test("a watch there gives changes from here in order; what was removed has the revision of its removal", async () => {
    const create = await inNamespace("watched");
    const first = await create("a");
    const watch = watchThere("watched", { resourceVersion: revisionOf(first) });
    const at = { namespace: "watched", name: "a" };
    const changed = await here.client.patch(configMaps, at, { type: "merge", body: { data: { x: "1" } } });
    await here.client.delete(configMaps, at);
    const gone = await here.store.currentRevision();
    const again = await create("a");
    assert.deepEqual(await watch.until(3), [
      `MODIFIED a@${revisionOf(changed)}`,
      `DELETED a@${gone}`,
      `ADDED a@${revisionOf(again)}`,
    ]);
    await watch.stop();
  });

  test("what leaves a selector is deleted for who watches by it, and comes back as added", async () => {
    const create = await inNamespace("selected");
    const watch = watchThere("selected", { labelSelector: "tier=front" });
    await create("a", { tier: "front" });
    const label = (tier: string) =>
      here.client.patch(
        configMaps,
        { namespace: "selected", name: "a" },
        { type: "merge", body: { metadata: { labels: { tier } } } },
      );
    const [back, front] = [await label("back"), await label("front")];
    const seen = await watch.until(3);
    assert.deepEqual(seen.slice(1), [`DELETED a@${revisionOf(back)}`, `ADDED a@${revisionOf(front)}`]);
    await watch.stop();
  });

  test("pages begun here go on there at the same revision, and after a compaction in the present with a token of their own", async () => {
    const create = await inNamespace("paged");
    for (const name of ["a", "b", "c", "d"]) await create(name);
    const page = (server: MemoryServer, more: object) =>
      server.client.list(configMaps, { namespace: "paged", limit: 1, ...more });
    const first = await page(here, {});
    assert.deepEqual([namesOf(first.items), first.metadata.remainingItemCount], ["a", 3]);
    await here.client.delete(configMaps, { namespace: "paged", name: "b" });
    const second = await page(there, { continue: first.metadata.continue });
    assert.deepEqual([namesOf(second.items), second.metadata.resourceVersion], ["b", first.metadata.resourceVersion]);
    const now = await here.store.currentRevision();
    await here.store.compact(now);
    for (const server of [here, there]) {
      const error = await page(server, { continue: first.metadata.continue }).catch((reason: unknown) => reason);
      assert.ok(error instanceof StatusError, String(error));
      assert.deepEqual([error.code, error.reason], [410, "Expired"]);
      const rest = await page(server, { limit: 5, continue: error.status.metadata.continue });
      assert.equal(namesOf(rest.items), "cd");
      assert.ok(Number(rest.metadata.resourceVersion) >= now);
    }
  });

  test("a revision that was compacted by the other server is too old for lists and watches", async () => {
    const create = await inNamespace("old");
    const first = await create("a");
    await create("b");
    await here.store.compact(await here.store.currentRevision());
    const path = "/api/v1/namespaces/old/configmaps";
    for (const server of [here, there]) {
      const exact = `${path}?resourceVersion=${revisionOf(first)}&resourceVersionMatch=Exact`;
      const list = await askRaw(server.server, exact);
      assert.deepEqual([list.code, list.json().reason], [410, "Expired"], list.text);
      // From whatever there is: what is there comes first.
      const { items } = (await askRaw(server.server, `${path}?resourceVersion=0`)).json();
      assert.equal(namesOf(items), "ab");
    }
    const fresh = await startMemoryServer({
      store: await openEtcdStore({ servers: etcd.urls, clock: systemClock, random: systemRandom, log: silentLogger }),
      isStoreShared: true,
    });
    const old = await askRaw(fresh.server, `${path}?watch=1&resourceVersion=${revisionOf(first)}`);
    const { type, object } = JSON.parse(old.text.split("\n")[0]!);
    assert.deepEqual([type, object.code, object.reason], ["ERROR", 410, "Expired"]);
    await fresh.close();
  });

  test("of writers at both servers none undoes what another wrote", async () => {
    const create = await inNamespace("counted");
    await create("counter");
    const at = { namespace: "counted", name: "counter" };
    const raise = async (server: MemoryServer, writer: string): Promise<void> => {
      for (let number = 1; number <= 10; number++) {
        await server.client.patch(configMaps, at, { type: "merge", body: { data: { [writer]: String(number) } } });
      }
    };
    await Promise.all([raise(here, "a"), raise(there, "b"), raise(here, "c"), raise(there, "d")]);
    const { data } = await there.client.get(configMaps, at);
    assert.deepEqual(data, { a: "10", b: "10", c: "10", d: "10" });
  });

  test("of creations of one name at both servers one wins, and a stale update or delete is refused", async () => {
    const create = await inNamespace("once");
    const draft = { metadata: { name: "a", namespace: "once" } };
    const results = await Promise.allSettled(
      [here, there, here, there].map(({ client }) => client.create(configMaps, draft)),
    );
    const refused = results.filter((result) => result.status === "rejected").map(({ reason }) => reason as StatusError);
    assert.deepEqual(
      refused.map(({ reason }) => reason),
      ["AlreadyExists", "AlreadyExists", "AlreadyExists"],
    );
    const old = await create("b");
    await here.client.patch(
      configMaps,
      { namespace: "once", name: "b" },
      { type: "merge", body: { data: { x: "1" } } },
    );
    const stale = there.client.update(configMaps, { ...old, data: { x: "2" } });
    await assert.rejects(stale, (error) => error instanceof StatusError && error.reason === "Conflict");
    const path = "/api/v1/namespaces/once/configmaps/b";
    for (const preconditions of [{ uid: "another" }, { resourceVersion: revisionOf(old) }]) {
      const { code } = await askRaw(there.server, path, {
        method: "DELETE",
        body: JSON.stringify({ kind: "DeleteOptions", apiVersion: "v1", preconditions }),
      });
      assert.equal(code, 409);
    }
    assert.deepEqual((await there.client.get(configMaps, { namespace: "once", name: "b" })).data, { x: "1" });
  });
});
