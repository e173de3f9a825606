import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { configMaps, namespaces } from "../../api/generated/resources.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";

let server: MemoryServer;
before(async () => {
  server = await startMemoryServer();
  await server.client.create(namespaces, { metadata: { name: "shop" } });
});
after(() => server.close());

/** Of long keys whose names alone are as much as all the rest: 0.9 MB, and that again as owned fields. */
const ENTRIES = 9000;
const data = Object.fromEntries(Array.from({ length: ENTRIES }, (_, index) => [`${"k".repeat(90)}-${index}`, "v"]));
const at = (name: string) => ({ name, namespace: "shop" });

for (const [verb, write] of [
  ["created", (name: string) => server.client.create(configMaps, { metadata: at(name), data })],
  [
    "put",
    async (name: string) => {
      const made = await server.client.create(configMaps, { metadata: at(name) });
      return server.client.update(configMaps, { ...made, data });
    },
  ],
  [
    "patched",
    async (name: string) => {
      await server.client.create(configMaps, { metadata: at(name) });
      return server.client.patch(configMaps, at(name), { type: "merge", body: { data } });
    },
  ],
] as const) {
  test(`an object that is too large only with the owners of its fields is ${verb} without them`, async () => {
    const { metadata, data: written } = await write(verb);
    assert.equal(Object.keys(written ?? {}).length, ENTRIES);
    assert.equal(metadata?.managedFields, undefined);
  });
}

test("an apply, which is nothing without owners, is refused when it makes an object too large", async () => {
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata: at("created"), immutable: false };
  const patch = { type: "apply", body, fieldManager: "applier" } as const;
  await assert.rejects(server.client.patch(configMaps, at("created"), patch), { code: 413 });
});

test("what is too large by itself is refused", async () => {
  const much = Object.fromEntries(Object.keys(data).map((key) => [key, "v".repeat(100)]));
  await assert.rejects(server.client.create(configMaps, { metadata: at("much"), data: much }), { code: 413 });
});
