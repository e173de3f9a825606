import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type AnyObject, type ApiObject, apiVersionOf, type ResourceReference } from "../../src/api/meta.ts";
import type { ResourceSchema } from "../../src/api/schema.ts";
import { loadSchema } from "../../src/api/schema-data.ts";
import { referenceOf } from "../../src/apiserver/registry/resource.ts";
import { type MemoryServer, startMemoryServer } from "../../src/apiserver/testing/memory-server.ts";
import { type MinimalObject, minimalObjects } from "../../src/apiserver/testing/minimal-objects.ts";
import { createTestAuthority } from "../../src/base/testing/certificates.ts";
import { collectionPath } from "../../src/client/client.ts";

const NAMESPACE = "default";
const stored = loadSchema().resources.filter(({ verbs }) =>
  ["create", "list", "watch", "deletecollection"].every((verb) => verbs.includes(verb)),
);

/**
 * What upstream's suite does with one kind after the other: a watch by label sees objects come, change and go, a list over all
 * namespaces finds them, and deletecollection takes those of the label away and no others.
 */
describe("every kind, by label", () => {
  let server: MemoryServer;
  let minimal: Record<string, MinimalObject>;

  before(async () => {
    minimal = minimalObjects(createTestAuthority().ca);
    server = await startMemoryServer();
    const namespaces = { group: "", version: "v1", resource: "namespaces", kind: "Namespace", namespaced: false };
    await server.client.create(namespaces, { metadata: { name: NAMESPACE } });
  });
  after(() => server.close());

  for (const schema of stored) {
    it(`${apiVersionOf(schema)} ${schema.kind}`, async () => {
      const { client } = server;
      const resource = referenceOf(schema);
      const seen = watchByLabel(resource);
      const mine = drafts(schema, "mine");
      const [other] = drafts(schema, "others");
      const made: ApiObject[] = [];
      for (const draft of mine) made.push(await client.create(resource, draft));
      const isSingle = mine.length === 1;
      if (!isSingle) await client.create(resource, other!);
      const found = await client.list(resource, { labelSelector: "of=mine" });
      assert.deepEqual(namesOf(found.items), namesOf(made));
      const at = { name: made[0]!.metadata!.name!, ...(schema.namespaced && { namespace: NAMESPACE }) };
      await client.patch(resource, at, { type: "merge", body: { metadata: { annotations: { changed: "1" } } } });
      await client.transport.request({
        method: "DELETE",
        path: collectionPath(resource, schema.namespaced ? NAMESPACE : undefined),
        query: { labelSelector: "of=mine" },
        body: { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0 },
      });
      for (const { metadata } of made) await letGo(resource, { ...at, name: metadata!.name! });
      assert.deepEqual(namesOf((await client.list(resource, { labelSelector: "of=mine" })).items), []);
      const left = namesOf((await client.list(resource, { labelSelector: "of=others" })).items);
      assert.deepEqual(left, isSingle ? [] : namesOf([other!]));
      // Other versions show the same objects.
      for (const name of left) {
        await client.delete(resource, { ...at, name }, { gracePeriodSeconds: 0 });
        await letGo(resource, { ...at, name });
      }
      await seen.until(made.length);
      for (const [name, types] of seen.types) {
        assert.deepEqual([types[0], types.at(-1)], ["ADDED", "DELETED"], name);
        assert.equal(
          types.slice(1, -1).every((type) => type === "MODIFIED"),
          true,
          `${name}: ${types}`,
        );
      }
      assert.ok(seen.types.get(at.name)!.includes("MODIFIED"));
    });
  }

  /** Two objects; one where the name is prescribed. */
  function drafts({ group, version, resource, namespaced }: ResourceSchema, of: string): ApiObject[] {
    const least = (minimal[`${group}/${version}/${resource}`] ?? minimal[`${group}/${resource}`]) as AnyObject;
    const place = { labels: { of }, ...(namespaced && { namespace: NAMESPACE }) };
    if (least.metadata !== undefined) {
      const metadata = { ...(least.metadata as object), ...place };
      return [{ ...structuredClone(least), metadata } as ApiObject];
    }
    return ["a", "b"].map((name) => ({ ...structuredClone(least), metadata: { name: `${of}-${name}`, ...place } }));
  }

  /** Does what the controllers would that hold the deletion of some kinds. */
  async function letGo(resource: ResourceReference, at: { name: string; namespace?: string }): Promise<void> {
    const { client } = server;
    const left = await client.get(resource, at).catch(() => undefined);
    if (left === undefined) return;
    assert.ok(left.metadata?.deletionTimestamp !== undefined, `${at.name} is being deleted`);
    await client.patch(resource, at, { type: "merge", body: { metadata: { finalizers: null } } });
  }

  function watchByLabel(resource: ResourceReference) {
    const types = new Map<string, string[]>();
    const stop = new AbortController();
    let gone = 0;
    let wanted = Number.POSITIVE_INFINITY;
    const ended = (async () => {
      const options = { labelSelector: "of=mine", resourceVersion: "0", signal: stop.signal };
      for await (const { type, object } of server.client.watch(resource, options)) {
        if (type === "BOOKMARK") continue;
        const name = object.metadata!.name!;
        types.set(name, [...(types.get(name) ?? []), type]);
        if (type === "DELETED") gone++;
        if (gone >= wanted) return;
      }
    })();
    return {
      types,
      /** Resolves when so many deletions were seen. */
      async until(count: number): Promise<void> {
        wanted = count;
        if (gone >= wanted) stop.abort();
        await ended;
      },
    };
  }
});

function namesOf(items: readonly ApiObject[]): string[] {
  return items.map((item) => item.metadata?.name ?? "").sort();
}
