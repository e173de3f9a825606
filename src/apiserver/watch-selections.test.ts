import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { Pod } from "../api/generated/core/v1.ts";
import { nodes, pods } from "../api/generated/resources.ts";
import type { ApiObject, ResourceReference } from "../api/meta.ts";
import { settle } from "../base/virtual-clock.ts";
import type { WatchOptions } from "../client/client.ts";
import { encode } from "./registry/codec.ts";
import { type MemoryServer, startMemoryServer } from "./testing/memory-server.ts";

let memory: MemoryServer;
beforeEach(async () => {
  memory = await startMemoryServer();
});
afterEach(() => memory.close());

type State = Readonly<Record<string, unknown>>;
/** What is written where, and what the watch tells of it; nothing when empty. */
type Step = readonly [name: string, state: State, told: "ADDED" | "MODIFIED" | "DELETED" | ""];

/** Puts whatever it is there: these are cases of the cache, which the API's own rules would not let happen. */
async function put(key: string, object: ApiObject): Promise<number> {
  const present = await memory.store.get(key);
  const bytes = encode(object);
  const { revision } = await (present === undefined
    ? memory.store.create(key, bytes)
    : memory.store.update(key, bytes, present.revision));
  return revision;
}

async function told(of: {
  resource: ResourceReference<ApiObject>;
  asked: WatchOptions;
  steps: readonly Step[];
  write(name: string, state: State): Promise<number>;
}) {
  const scope = new AbortController();
  const seen: string[] = [];
  const line = (type: string, object: ApiObject): string => {
    const { namespace, name, resourceVersion } = object.metadata ?? {};
    const { spec, status } = object as Pod;
    return `${type} ${namespace === undefined ? "" : `${namespace}/`}${name} ${JSON.stringify({ ...spec, ...status })} @${resourceVersion}`;
  };
  const resourceVersion = String(memory.store.revision());
  const ended = (async () => {
    const watch = memory.client.watch(of.resource, { ...of.asked, resourceVersion, signal: scope.signal });
    for await (const { type, object } of watch) seen.push(line(type, object));
  })();
  await settle();
  const expected: string[] = [];
  const last = new Map<string, State>();
  for (const [name, state, type] of of.steps) {
    const revision = await of.write(name, state);
    // What leaves a selection is told as it was last, at the revision at which it left.
    const shown = type === "DELETED" ? last.get(name) : state;
    if (type !== "") expected.push(`${type} ${name} ${JSON.stringify(shown)} @${revision}`);
    last.set(name, state);
  }
  await settle();
  scope.abort();
  await ended;
  return { seen, expected };
}

const RUNNING = { phase: "Running" };
const on = (nodeName: string): State => ({ nodeName });

function writePod(path: string, { nodeName, phase }: State): Promise<number> {
  const [namespace, name] = path.split("/");
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { namespace, name }, spec: { nodeName }, status: { phase } };
  return put(`/registry/pods/${path}`, JSON.parse(JSON.stringify(pod)));
}

// As upstream's RunTestNamespaceScopedWatch has them.
const CASES: Readonly<Record<string, { asked: WatchOptions; steps: readonly Step[] }>> = {
  "everything in all namespaces": {
    asked: {},
    steps: [
      ["ns1/foo1", {}, "ADDED"],
      ["ns2/foo2", {}, "ADDED"],
      ["ns1/foo1", RUNNING, "MODIFIED"],
      ["ns2/foo2", RUNNING, "MODIFIED"],
    ],
  },
  "a namespace by field": {
    asked: { fieldSelector: "metadata.namespace=ns1" },
    steps: [
      ["ns1/foo1", {}, "ADDED"],
      ["ns2/foo1", {}, ""],
      ["ns1/foo1", RUNNING, "MODIFIED"],
      ["ns2/foo1", RUNNING, ""],
    ],
  },
  "a node in all namespaces": {
    asked: { fieldSelector: "spec.nodeName=bar1" },
    steps: [
      ["ns1/foo1", {}, ""],
      ["ns2/foo2", {}, ""],
      ["ns1/foo1", on("bar1"), "ADDED"],
      ["ns2/foo2", on("bar1"), "ADDED"],
    ],
  },
  "any node but one in all namespaces": {
    asked: { fieldSelector: "spec.nodeName!=bar1" },
    steps: [
      ["ns1/foo1", {}, "ADDED"],
      ["ns1/foo2", {}, "ADDED"],
      ["ns1/foo1", RUNNING, "MODIFIED"],
      ["ns1/foo1", on("bar1"), "DELETED"],
    ],
  },
  "a namespace by path": {
    asked: { namespace: "ns1" },
    steps: [
      ["ns1/foo1", {}, "ADDED"],
      ["ns2/foo1", {}, ""],
      ["ns1/foo2", {}, "ADDED"],
      ["ns1/foo1", RUNNING, "MODIFIED"],
      ["ns2/foo1", RUNNING, ""],
    ],
  },
  "a namespace by path and by field": {
    asked: { namespace: "ns1", fieldSelector: "metadata.namespace=ns1" },
    steps: [
      ["ns1/foo1", {}, "ADDED"],
      ["ns2/foo1", {}, ""],
      ["ns1/foo1", RUNNING, "MODIFIED"],
    ],
  },
  "a namespace by path, another one by field": {
    asked: { namespace: "ns1", fieldSelector: "metadata.namespace=ns2" },
    steps: [
      ["ns1/foo1", {}, ""],
      ["ns2/foo1", {}, ""],
      ["ns1/foo1", RUNNING, ""],
      ["ns2/foo1", RUNNING, ""],
    ],
  },
  "a node in a namespace": {
    asked: { namespace: "ns1", fieldSelector: "spec.nodeName=bar2" },
    steps: [
      ["ns1/foo1", {}, ""],
      ["ns1/foo1", on("bar1"), ""],
      ["ns2/foo1", on("bar2"), ""],
      ["ns1/foo1", on("bar2"), "ADDED"],
      ["ns1/foo1", on("bar1"), "DELETED"],
    ],
  },
  "any node but one in a namespace": {
    asked: { namespace: "ns2", fieldSelector: "spec.nodeName!=bar1" },
    steps: [
      ["ns1/foo1", {}, ""],
      ["ns2/foo1", {}, "ADDED"],
      ["ns2/foo1", on("bar1"), "DELETED"],
      ["ns2/foo1", on("bar2"), "ADDED"],
    ],
  },
  "a name in all namespaces": {
    asked: { fieldSelector: "metadata.name=foo1" },
    steps: [
      ["ns1/foo1", {}, "ADDED"],
      ["ns2/foo1", {}, "ADDED"],
      ["ns1/foo2", {}, ""],
      ["ns1/foo1", RUNNING, "MODIFIED"],
      ["ns1/foo1", on("bar1"), "MODIFIED"],
    ],
  },
  "a name and a namespace by field": {
    asked: { fieldSelector: "metadata.name=foo1,metadata.namespace=ns1" },
    steps: [
      ["ns1/foo1", {}, "ADDED"],
      ["ns1/foo2", {}, ""],
      ["ns2/foo1", {}, ""],
      ["ns1/foo1", RUNNING, "MODIFIED"],
      ["ns1/foo1", on("bar1"), "MODIFIED"],
    ],
  },
  "a name and a node": {
    asked: { fieldSelector: "metadata.name=foo1,spec.nodeName=bar1" },
    steps: [
      ["ns1/foo1", {}, ""],
      ["ns1/foo1", RUNNING, ""],
      ["ns1/foo2", on("bar1"), ""],
      ["ns1/foo1", on("bar1"), "ADDED"],
    ],
  },
  "a name and any node but one": {
    asked: { fieldSelector: "spec.nodeName!=bar1,metadata.name=foo1" },
    steps: [
      ["ns1/foo1", {}, "ADDED"],
      ["ns1/foo2", {}, ""],
      ["ns1/foo1", RUNNING, "MODIFIED"],
      ["ns1/foo1", on("bar1"), "DELETED"],
      ["ns1/foo1", on("bar2"), "ADDED"],
    ],
  },
  "a name in a namespace": {
    asked: { namespace: "ns1", fieldSelector: "metadata.name=foo1" },
    steps: [
      ["ns1/foo1", {}, "ADDED"],
      ["ns1/foo2", {}, ""],
      ["ns1/foo1", RUNNING, "MODIFIED"],
      ["ns1/foo1", on("bar1"), "MODIFIED"],
    ],
  },
  "a name in a namespace that is named twice": {
    asked: { namespace: "ns1", fieldSelector: "metadata.name=foo2,metadata.namespace=ns1" },
    steps: [
      ["ns1/foo1", {}, ""],
      ["ns1/foo2", {}, "ADDED"],
      ["ns1/foo1", RUNNING, ""],
      ["ns1/foo2", on("bar1"), "MODIFIED"],
    ],
  },
  "a name and a node in a namespace": {
    asked: { namespace: "ns1", fieldSelector: "metadata.name=foo1,metadata.namespace=ns1,spec.nodeName=bar1" },
    steps: [
      ["ns1/foo1", {}, ""],
      ["ns1/foo2", {}, ""],
      ["ns2/foo1", {}, ""],
      ["ns1/foo1", RUNNING, ""],
      ["ns1/foo1", on("bar1"), "ADDED"],
    ],
  },
  "a name and any node but one in a namespace": {
    asked: { namespace: "ns1", fieldSelector: "spec.nodeName!=bar1,metadata.name=foo2,metadata.namespace=ns1" },
    steps: [
      ["ns1/foo1", {}, ""],
      ["ns2/foo2", {}, ""],
      ["ns1/foo2", {}, "ADDED"],
      ["ns1/foo2", RUNNING, "MODIFIED"],
      ["ns1/foo2", on("bar1"), "DELETED"],
    ],
  },
};

for (const [name, { asked, steps }] of Object.entries(CASES)) {
  test(`pods of ${name}`, async () => {
    const { seen, expected } = await told({ resource: pods, asked, steps, write: writePod });
    assert.deepEqual(seen, expected);
  });
}

const CORDONED = { unschedulable: true };
// As upstream's RunTestClusterScopedWatch has them, by another field: nothing else than pods has a node.
const CLUSTER_CASES: Readonly<Record<string, { fieldSelector?: string; steps: readonly Step[] }>> = {
  "no selector": {
    steps: [
      ["foo1", {}, "ADDED"],
      ["foo1", RUNNING, "MODIFIED"],
      ["foo2", CORDONED, "ADDED"],
    ],
  },
  "a field": {
    fieldSelector: "spec.unschedulable=true",
    steps: [
      ["foo1", {}, ""],
      ["foo1", CORDONED, "ADDED"],
    ],
  },
  "a field that filters out": {
    fieldSelector: "spec.unschedulable!=true",
    steps: [
      ["foo1", {}, "ADDED"],
      ["foo2", {}, "ADDED"],
      ["foo1", RUNNING, "MODIFIED"],
      ["foo1", CORDONED, "DELETED"],
    ],
  },
  "a name": {
    fieldSelector: "metadata.name=foo1",
    steps: [
      ["foo1", {}, "ADDED"],
      ["foo2", {}, ""],
      ["foo1", RUNNING, "MODIFIED"],
      ["foo2", RUNNING, ""],
    ],
  },
  "a name and a field": {
    fieldSelector: "metadata.name=foo1,spec.unschedulable=true",
    steps: [
      ["foo1", {}, ""],
      ["foo2", {}, ""],
      ["foo1", RUNNING, ""],
      ["foo2", CORDONED, ""],
      ["foo1", CORDONED, "ADDED"],
    ],
  },
  "a name and a field that filters out": {
    fieldSelector: "spec.unschedulable!=true,metadata.name=foo1",
    steps: [
      ["foo1", {}, "ADDED"],
      ["foo2", {}, ""],
      ["foo1", RUNNING, "MODIFIED"],
      ["foo1", CORDONED, "DELETED"],
      ["foo2", CORDONED, ""],
    ],
  },
};

for (const [name, { steps, ...asked }] of Object.entries(CLUSTER_CASES)) {
  test(`objects without a namespace by ${name}`, async () => {
    const write = (node: string, { unschedulable, phase }: State): Promise<number> => {
      const object = {
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: node },
        spec: { unschedulable },
        status: { phase },
      };
      return put(`/registry/minions/${node}`, JSON.parse(JSON.stringify(object)));
    };
    const { seen, expected } = await told({ resource: nodes, asked, steps, write });
    assert.deepEqual(seen, expected);
  });
}

test("who selects by labels sees what leaves the selection as it was, at the revision at which it left", async () => {
  // As upstream's TestCachingDeleteEvents has it.
  const scope = new AbortController();
  const { client, store } = memory;
  const from = String(store.revision());
  const watch = (labelSelector: string): string[] => {
    const seen: string[] = [];
    void (async () => {
      const options = { namespace: "ns", labelSelector, resourceVersion: from, signal: scope.signal };
      for await (const { type, object } of client.watch(pods, options)) {
        seen.push(`${type} ${Object.keys(object.metadata?.labels ?? {})} @${object.metadata?.resourceVersion}`);
      }
    })();
    return seen;
  };
  const [all, foo, bar] = [watch(""), watch("foo=true"), watch("bar=true")];
  await settle();
  const key = "/registry/pods/ns/pod";
  const revisions: number[] = [];
  const states: Record<string, string>[] = [{ foo: "true", bar: "true" }, { foo: "true" }, {}];
  for (const labels of states) {
    const metadata = { namespace: "ns", name: "pod", labels };
    revisions.push(await put(key, { apiVersion: "v1", kind: "Pod", metadata }));
  }
  const [first, second, third] = revisions;
  const { revision: fourth } = await store.delete(key, third!);
  await settle();
  scope.abort();
  assert.deepEqual(all, [
    `ADDED foo,bar @${first}`,
    `MODIFIED foo @${second}`,
    `MODIFIED  @${third}`,
    `DELETED  @${fourth}`,
  ]);
  assert.deepEqual(foo, [`ADDED foo,bar @${first}`, `MODIFIED foo @${second}`, `DELETED foo @${third}`]);
  assert.deepEqual(bar, [`ADDED foo,bar @${first}`, `DELETED foo,bar @${second}`]);
});
