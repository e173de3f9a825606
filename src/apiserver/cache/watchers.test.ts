import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Pod } from "../../api/generated/core/v1.ts";
import { nodes, pods } from "../../api/generated/resources.ts";
import type { ApiObject, ResourceReference } from "../../api/meta.ts";
import { settle } from "../../base/virtual-clock.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";

/** What a watch of the selection tells, as `TYPE name`. */
function watched<T extends ApiObject>(
  { client }: MemoryServer,
  resource: ResourceReference<T>,
  options: { fieldSelector: string; namespace?: string },
): { seen: string[]; stop(): void } {
  const stopping = new AbortController();
  const seen: string[] = [];
  void (async () => {
    for await (const event of client.watch(resource, { ...options, signal: stopping.signal })) {
      seen.push(`${event.type} ${event.object.metadata?.name}`);
    }
  })();
  return { seen, stop: () => stopping.abort() };
}

const podOn = (name: string, nodeName?: string): Pod => ({
  metadata: { name, namespace: "default" },
  spec: { containers: [{ name: "a", image: "b" }], ...(nodeName === undefined ? {} : { nodeName }) },
});

test("watchers of one name, of one node and of everything each hear what concerns them", async () => {
  const server = await startMemoryServer();
  const { client } = server;
  try {
    const byName = watched(server, nodes, { fieldSelector: "metadata.name=b" });
    const byNode = watched(server, pods, { fieldSelector: "spec.nodeName=b" });
    const unbound = watched(server, pods, { fieldSelector: "spec.nodeName=" });
    const others = watched(server, pods, { fieldSelector: "spec.nodeName!=b", namespace: "default" });
    await settle();
    for (const name of ["a", "b"]) await client.create(nodes, { metadata: { name } } as Node);
    await client.create(pods, podOn("one", "a"));
    await client.create(pods, podOn("two"));
    await client.create(pods, podOn("three", "b"));
    const binding = {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name: "two" },
      target: { kind: "Node", name: "b" },
    };
    await client.create(pods as ResourceReference<ApiObject>, binding as ApiObject, {
      subresource: "binding",
      target: { namespace: "default", name: "two" },
    });
    await client.delete(nodes, { name: "b" });
    await settle();
    assert.deepEqual(byName.seen, ["ADDED b", "DELETED b"]);
    assert.deepEqual(byNode.seen, ["ADDED three", "ADDED two"]);
    assert.deepEqual(unbound.seen, ["ADDED two", "DELETED two"]);
    assert.deepEqual(others.seen, ["ADDED one", "ADDED two", "DELETED two"]);
    for (const watcher of [byName, byNode, unbound, others]) watcher.stop();
  } finally {
    await server.close();
  }
});

test("a list by node, by name and in pages is the same as picking from everything", async () => {
  const server = await startMemoryServer();
  const { client } = server;
  try {
    for (let number = 0; number < 30; number++) {
      await client.create(pods, podOn(`pod-${String(number).padStart(2, "0")}`, `node-${number % 3}`));
    }
    const namesOf = (list: { items: Pod[] }) => list.items.map(({ metadata }) => metadata?.name);
    const all = await client.list(pods);
    const onOne = all.items.filter(({ spec }) => spec?.nodeName === "node-1").map(({ metadata }) => metadata?.name);
    const selector = { fieldSelector: "spec.nodeName=node-1" };
    assert.deepEqual(namesOf(await client.list(pods, selector)), onOne);
    await client.delete(pods, { namespace: "default", name: onOne[0]! }, { gracePeriodSeconds: 0 });
    await client.create(pods, podOn("pod-late", "node-1"));
    assert.deepEqual(namesOf(await client.list(pods, selector)), [...onOne.slice(1), "pod-late"]);

    const paged: (string | undefined)[] = [];
    let token: string | undefined;
    do {
      const page = await client.list(pods, { ...selector, limit: 4, continue: token });
      assert.ok(page.items.length <= 4);
      paged.push(...namesOf(page));
      token = page.metadata.continue;
    } while (token !== undefined && token !== "");
    assert.deepEqual(paged, [...onOne.slice(1), "pod-late"]);

    const named = { fieldSelector: "metadata.name=pod-07", namespace: "default" };
    assert.deepEqual(namesOf(await client.list(pods, named)), ["pod-07"]);
    assert.deepEqual(namesOf(await client.list(pods, { fieldSelector: "metadata.name=pod-07" })), ["pod-07"]);
    assert.deepEqual(namesOf(await client.list(pods, { ...named, fieldSelector: "metadata.name=none" })), []);
  } finally {
    await server.close();
  }
});
