import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { apiServices, customResourceDefinitions } from "../../api/generated/resources.ts";
import { discoveryPaths } from "../discovery/paths.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { askRaw } from "../testing/raw-door.ts";
import { definitionOf, establish, versionOf } from "./testing/definitions.ts";

/** Upstream's TestOverlappingCustomResource…: a definition of what is built in serves nothing, and takes nothing with it. */

let memory: MemoryServer;
before(async () => {
  memory = await startMemoryServer({ paths: (table, schema) => [discoveryPaths(table, schema)] });
  await establish(memory, definitionOf());
  await memory.client.create(apiServices, {
    metadata: { name: "v1.example.com" },
    spec: { group: "example.com", version: "v1", versionPriority: 100, groupPriorityMinimum: 100 },
  });
});
after(() => memory.close());

async function namesOf(group: string, plural: string): Promise<string[]> {
  const { json } = await askRaw(memory.server, `/apis/${group}/v1/${plural}`);
  return json().items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
}

for (const [group, plural, kept, builtInKind] of [
  ["apiextensions.k8s.io", "customresourcedefinitions", "crontabs.stable.example.com", "CustomResourceDefinition"],
  ["apiregistration.k8s.io", "apiservices", "v1.example.com", "APIService"],
] as const) {
  test(`a definition of ${plural} leaves them alone, also when it goes`, async () => {
    const name = `${plural}.${group}`;
    const versions = [
      versionOf("v1", { storage: true, properties: { bar: { type: "string", default: "x" } } }),
      versionOf("v2"),
    ];
    const definition = definitionOf({ group, plural, kind: `Custom${builtInKind}`, scope: "Cluster", versions });
    const annotations = { "api-approved.kubernetes.io": "unapproved, testing only" };
    const { metadata } = await establish(memory, { ...definition, metadata: { name, annotations } });
    assert.ok((await namesOf(group, plural)).includes(kept));
    const { json } = await askRaw(memory.server, `/apis/${group}/v1`);
    const kinds = json().resources.filter((each: { name: string }) => each.name === plural);
    assert.deepEqual(
      kinds.map(({ kind }: { kind: string }) => kind),
      [builtInKind],
    );
    assert.equal((await askRaw(memory.server, `/apis/${group}/v2`)).code, 404);
    assert.equal((await askRaw(memory.server, `/apis/${group}/v2/${plural}`)).code, 404);

    await memory.client.delete(customResourceDefinitions, { name });
    const { resourceVersion = "" } = metadata ?? {};
    const reasons: (string | undefined)[] = [];
    for await (const { type, object } of memory.client.watch(customResourceDefinitions, { resourceVersion })) {
      if (object.metadata?.name !== name) continue;
      reasons.push(object.status?.conditions?.find((each) => each.type === "Terminating")?.reason);
      if (type === "DELETED") break;
    }
    assert.equal(reasons.at(-1), "OverlappingBuiltInResource");
    assert.ok((await namesOf(group, plural)).includes(kept));
  });
}
