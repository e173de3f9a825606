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

/** What is said of a definition that goes, last. */
async function reasonAtTheEnd(name: string, resourceVersion = ""): Promise<string | undefined> {
  await memory.client.delete(customResourceDefinitions, { name });
  let reason: string | undefined;
  for await (const { type, object } of memory.client.watch(customResourceDefinitions, { resourceVersion })) {
    if (object.metadata?.name !== name) continue;
    reason = object.status?.conditions?.find((each) => each.type === "Terminating")?.reason;
    if (type === "DELETED") break;
  }
  return reason;
}

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

    assert.equal(await reasonAtTheEnd(name, metadata?.resourceVersion), "OverlappingBuiltInResource");
    assert.ok((await namesOf(group, plural)).includes(kept));
  });
}

for (const [group, version] of [
  ["networking.k8s.io", "v1"],
  ["storage.k8s.io", "v1alpha9"],
] as const) {
  test(`nothing is served beneath ${group}/${version}, where upstream's router looks for what is built in alone`, async () => {
    const name = `foos.${group}`;
    const definition = definitionOf({
      group,
      plural: "foos",
      kind: "Foo",
      versions: [versionOf(version, { storage: true })],
    });
    const annotations = { "api-approved.kubernetes.io": "unapproved, testing only" };
    const { metadata } = await establish(memory, { ...definition, metadata: { name, annotations } });
    const answer = await askRaw(memory.server, `/apis/${group}/${version}/namespaces/default/foos`);
    assert.equal(`${answer.code} ${answer.json().message}`, "404 the server could not find the requested resource");
    const { json } = await askRaw(memory.server, `/apis/${group}/v1`);
    assert.ok(!json().resources.some((each: { name: string }) => each.name === "foos"));
    assert.equal(await reasonAtTheEnd(name, metadata?.resourceVersion), "InstanceDeletionCompleted");
  });
}
