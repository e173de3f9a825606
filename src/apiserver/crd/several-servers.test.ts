import assert from "node:assert/strict";
import { test } from "node:test";
import { customResourceDefinitions, namespaces } from "../../api/generated/resources.ts";
import { isNotFound } from "../../api/status.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { createMemoryStore } from "../../store/memory/memory-store.ts";
import { startMemoryServer } from "../testing/memory-server.ts";
import { cronTab, cronTabs, definitionOf, establish } from "./testing/definitions.ts";

test("what one server has established every other one serves, and each can end it", async () => {
  const store = createMemoryStore({ clock: new VirtualClock() });
  const first = await startMemoryServer({ store });
  const second = await startMemoryServer({ store });
  try {
    await first.client.create(namespaces, { metadata: { name: "default" } } as never);
    await establish(first, definitionOf());
    const made = await second.client.create(cronTabs(), cronTab("a", { cronSpec: "1" }));
    assert.deepEqual(made.spec, { cronSpec: "1", replicas: 1 });
    assert.equal((await first.client.list(cronTabs())).items.length, 1);
    await second.client.delete(customResourceDefinitions, { name: "crontabs.stable.example.com" });
    const isThere = async (): Promise<boolean> => (await first.client.list(customResourceDefinitions)).items.length > 0;
    for (let tries = 0; (await isThere()) && tries < 1000; tries++)
      await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await isThere(), false);
    for (const { client } of [first, second]) await assert.rejects(client.list(cronTabs()), isNotFound);
  } finally {
    await first.server.close();
    await second.server.close();
    await store.close();
  }
});

test("a server that starts serves what was established before, also what is being deleted", async () => {
  const store = createMemoryStore({ clock: new VirtualClock() });
  const first = await startMemoryServer({ store });
  await first.client.create(namespaces, { metadata: { name: "default" } } as never);
  await establish(first, definitionOf());
  const object = cronTab("a", { cronSpec: "1" });
  await first.client.create(cronTabs(), {
    ...object,
    metadata: { ...object.metadata, finalizers: ["x.example.com/y"] },
  });
  await first.client.delete(customResourceDefinitions, { name: "crontabs.stable.example.com" });
  await first.server.close();
  const second = await startMemoryServer({ store });
  try {
    const { metadata } = await second.client.get(cronTabs(), { namespace: "default", name: "a" });
    assert.deepEqual(metadata?.finalizers, ["x.example.com/y"]);
    await assert.rejects(
      second.client.create(cronTabs(), cronTab("b", { cronSpec: "1" })),
      /create not allowed while custom resource definition is terminating/,
    );
    const patch = { type: "merge", body: { metadata: { finalizers: null } } } as const;
    await second.client.patch(cronTabs(), { namespace: "default", name: "a" }, patch);
    const isThere = async (): Promise<boolean> =>
      (await second.client.list(customResourceDefinitions)).items.length > 0;
    for (let tries = 0; (await isThere()) && tries < 1000; tries++)
      await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await isThere(), false);
  } finally {
    await second.server.close();
    await store.close();
  }
});
