import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { apiServices, customResourceDefinitions, namespaces } from "../../api/generated/resources.ts";
import { createLogger } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { createMemoryStore } from "../../store/memory/memory-store.ts";
import type { Store } from "../../store/store.ts";
import { readableStore } from "../registry/readable-store.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { cronTab, cronTabs, definitionOf, establish } from "./testing/definitions.ts";

const PREFIX = "/registry/apiextensions.k8s.io/customresourcedefinitions/";
const GOOD = "crontabs.stable.example.com";

let raw: Store;
let server: MemoryServer | undefined;
let lines: string[];
beforeEach(() => {
  raw = createMemoryStore({ clock: new VirtualClock() });
  server = undefined;
  lines = [];
});
afterEach(async () => (server === undefined ? raw.close() : server.close()));

async function start(keepsLocalServices = false): Promise<MemoryServer> {
  const log = createLogger({ clock: new VirtualClock(), level: "warn", write: (line) => void lines.push(line) });
  server = await startMemoryServer({ store: readableStore(raw), log, keepsLocalServices });
  await server.client.create(namespaces, { metadata: { name: "default" } } as never);
  return server;
}

const bytesOf = (object: object) => Buffer.from(JSON.stringify(object));
const byHand = (change: object = {}) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  ...definitionOf({ group: "hand.example.com", plural: "notes", kind: "Note", shortNames: [] }),
  ...change,
});

for (const [what, key, object, problem] of [
  ["under a key that is not its name", "elsewhere", byHand(), /notes\.hand\.example\.com.*elsewhere/],
  ["without a name", "elsewhere", byHand({ metadata: {} }), /metadata\.name is/],
  ["without a spec", "notes.hand.example.com", byHand({ spec: undefined }), /it has no spec\.versions/],
] as const) {
  test(`a definition that somebody stored ${what} is told of in the log, and others are served`, async () => {
    await raw.create(PREFIX + key, bytesOf(object));
    const { client } = await start();
    assert.match(lines.filter((line) => line.includes(PREFIX + key)).join(""), problem);
    await establish(server!, definitionOf());
    await client.create(cronTabs(), cronTab("a", { cronSpec: "* * * * *" }));
    assert.equal((await client.list(cronTabs())).items.length, 1);
  });
}

test("one that is stored over a definition in use ends that, and is left as it is", async () => {
  const { client, clock } = await start();
  await establish(server!, definitionOf());
  await client.list(cronTabs());
  const { revision } = (await raw.get(PREFIX + GOOD))!;
  const written = await raw.update(PREFIX + GOOD, bytesOf(byHand()), revision);
  assert.equal((await client.get(customResourceDefinitions, { name: GOOD })).metadata?.name, "notes.hand.example.com");
  await assert.rejects(client.list(cronTabs()), { code: 404 });
  await clock.advance(60_000);
  assert.equal((await raw.get(PREFIX + GOOD))!.revision, written.revision);
});

for (const [what, bytes] of [
  ["is no definition any more", bytesOf(byHand())],
  ["cannot be read", Buffer.from("neither JSON nor protobuf")],
] as const) {
  test(`the APIService of a definition that ${what} stays until that is gone`, async () => {
    const { client, clock } = await start(true);
    const settled = async () => {
      for (let turn = 0; turn < 20; turn++) await clock.advance(100);
    };
    const isThere = async () =>
      (await client.list(apiServices)).items.some(({ metadata }) => metadata?.name === "v1.stable.example.com");
    await establish(server!, definitionOf());
    await settled();
    assert.equal(await isThere(), true);
    const { revision } = (await raw.get(PREFIX + GOOD))!;
    const written = await raw.update(PREFIX + GOOD, bytes, revision);
    await settled();
    assert.equal(await isThere(), true);
    await raw.delete(PREFIX + GOOD, written.revision);
    // Something else that is served makes for a look at all of them.
    await establish(server!, definitionOf({ group: "other.example.com" }));
    await settled();
    assert.equal(await isThere(), false);
  });
}
