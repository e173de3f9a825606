import assert from "node:assert/strict";
import { test } from "node:test";
import { isConditionTrue } from "../../api/conditions.ts";
import { customResourceDefinitions, namespaces } from "../../api/generated/resources.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { createMemoryStore } from "../../store/memory/memory-store.ts";
import { readableStore } from "../registry/readable-store.ts";
import { startMemoryServer } from "../testing/memory-server.ts";
import { cronTab, cronTabs } from "./testing/definitions.ts";

const KEY = "/registry/apiextensions.k8s.io/customresourcedefinitions/crontabs.stable.example.com";

/** As upstream's API server has it in etcd. */
const storedDefinition = (more: object) => ({
  kind: "CustomResourceDefinition",
  apiVersion: "apiextensions.k8s.io/v1beta1",
  metadata: { name: "crontabs.stable.example.com", uid: "u1", generation: 1 },
  spec: {
    group: "stable.example.com",
    version: "v1",
    names: { plural: "crontabs", singular: "crontab", kind: "CronTab", listKind: "CronTabList" },
    scope: "Namespaced",
    validation: {
      openAPIV3Schema: {
        type: "object",
        properties: { spec: { type: "object", properties: { replicas: { type: "integer", default: 3 } } } },
      },
    },
    versions: [{ name: "v1", served: true, storage: true }],
    conversion: { strategy: "None" },
    ...more,
  },
  status: { conditions: [], acceptedNames: { plural: "", kind: "" }, storedVersions: ["v1"] },
});

async function serverWith(definition: object) {
  const raw = createMemoryStore({ clock: new VirtualClock() });
  await raw.create(KEY, Buffer.from(`${JSON.stringify(definition)}\n`));
  const server = await startMemoryServer({ store: readableStore(raw) });
  await server.client.create(namespaces, { metadata: { name: "default" } } as never);
  for await (const { object } of server.client.watch(customResourceDefinitions, { resourceVersion: "0" })) {
    if (isConditionTrue(object.status?.conditions, "Established")) break;
  }
  return server;
}

test("a definition in v1beta1 is served by the schema that stands there once for all versions", async (context) => {
  const server = await serverWith(storedDefinition({ preserveUnknownFields: false }));
  context.after(() => server.close());
  const made = await server.client.create(cronTabs(), cronTab("a", { other: [{ x: 1 }] }));
  assert.deepEqual(made.spec, { replicas: 3 });
  const wrong = server.client.create(cronTabs(), cronTab("b", { replicas: "three" }));
  await assert.rejects(
    wrong,
    /spec\.replicas: Invalid value: "string": spec\.replicas in body must be of type integer/,
  );
});

test("one that is older than pruning keeps what its schema does not specify", async (context) => {
  const server = await serverWith(storedDefinition({ preserveUnknownFields: true }));
  context.after(() => server.close());
  const spec = { replicas: 1, other: [{ x: { y: null } }] };
  const made = await server.client.create(cronTabs(), cronTab("a", spec));
  assert.deepEqual(made.spec, spec);
  const { status } = await server.client.get(customResourceDefinitions, { name: "crontabs.stable.example.com" });
  const condition = status?.conditions?.find(({ type }) => type === "NonStructuralSchema");
  assert.equal(condition?.message, "spec.preserveUnknownFields: Invalid value: true: must be false");
});

test("one that somebody wrote by hand, in another order and with spaces, is read as well", async (context) => {
  const { kind, apiVersion, ...rest } = storedDefinition({ versions: undefined, validation: undefined });
  const raw = createMemoryStore({ clock: new VirtualClock() });
  await raw.create(KEY, Buffer.from(JSON.stringify({ apiVersion, kind, ...rest }, null, 2)));
  const server = await startMemoryServer({ store: readableStore(raw) });
  context.after(() => server.close());
  const { spec } = await server.client.get(customResourceDefinitions, { name: "crontabs.stable.example.com" });
  assert.deepEqual(
    spec.versions.map(({ name, served, storage }) => ({ name, served, storage })),
    [{ name: "v1", served: true, storage: true }],
  );
});
