import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { findCondition } from "../../api/conditions.ts";
import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { customResourceDefinitions, namespaces } from "../../api/generated/resources.ts";
import { hasReason, isNotFound } from "../../api/status.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { cronTab, cronTabs, definitionOf, establish } from "./testing/definitions.ts";

let server: MemoryServer;
beforeEach(async () => {
  server = await startMemoryServer();
  await server.client.create(namespaces, { metadata: { name: "default" } } as never);
});
afterEach(() => server.close());

test("a definition is established within moments, and its objects are served", async () => {
  const { client } = server;
  await assert.rejects(client.list(cronTabs()), isNotFound);
  const definition = await establish(server, definitionOf());
  const condition = (type: string) => {
    const { status, reason, message } = findCondition(definition.status?.conditions, type) ?? {};
    return [status, reason, message];
  };
  assert.deepEqual(condition("NamesAccepted"), ["True", "NoConflicts", "no conflicts found"]);
  assert.deepEqual(condition("Established"), ["True", "InitialNamesAccepted", "the initial names have been accepted"]);
  assert.deepEqual(definition.status?.acceptedNames, definition.spec.names);
  assert.deepEqual(definition.status?.storedVersions, ["v1"]);
  const made = await client.create(cronTabs(), cronTab("a", { cronSpec: "* * * * *", image: "x" }));
  assert.equal(made.metadata?.generation, 1);
  assert.deepEqual(made.spec, { cronSpec: "* * * * *", image: "x", replicas: 1 });
  const list = await client.list(cronTabs());
  assert.equal(list.kind, "CronTabList");
  assert.equal(list.items.length, 1);
  const stored = await server.store.list({ prefix: "/registry/stable.example.com/crontabs/" });
  assert.deepEqual(
    stored.items.map(({ key }) => key),
    ["/registry/stable.example.com/crontabs/default/a"],
  );
});

test("a definition that is deleted takes its objects along, and ends their watchers", async () => {
  const { client } = server;
  await establish(server, definitionOf());
  await client.create(cronTabs(), cronTab("a", { cronSpec: "* * * * *" }));
  const seen: string[] = [];
  const watching = (async () => {
    for await (const { type } of client.watch(cronTabs(), { allowWatchBookmarks: false })) seen.push(type);
  })();
  await client.delete(customResourceDefinitions, { name: "crontabs.stable.example.com" });
  await watching;
  assert.deepEqual(seen, ["ADDED", "DELETED"]);
  await assert.rejects(client.get(customResourceDefinitions, { name: "crontabs.stable.example.com" }), isNotFound);
  await assert.rejects(client.list(cronTabs()), isNotFound);
  assert.equal((await server.store.list({ prefix: "/registry/stable.example.com/" })).items.length, 0);
});

test("an object that does not fit is refused with the field and the reason", async () => {
  await establish(server, definitionOf());
  const wrong = server.client.create(cronTabs(), cronTab("a", { cronSpec: 5, replicas: 11 }));
  await assert.rejects(wrong, (error) => {
    assert.ok(hasReason(error, "Invalid"));
    assert.match(error.message, /^CronTab\.stable\.example\.com "a" is invalid: /);
    assert.match(error.message, /spec\.cronSpec: Invalid value: .*must be of type string/);
    assert.match(error.message, /spec\.replicas: Invalid value: 11: .*should be less than or equal to 10/);
    return true;
  });
});

export type { CustomResourceDefinition };
