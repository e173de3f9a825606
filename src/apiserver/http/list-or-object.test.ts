import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { namespaces } from "../../api/generated/resources.ts";
import { cronTab, cronTabs, definitionOf, establish } from "../crd/testing/definitions.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { askRaw } from "../testing/raw-door.ts";

/** Upstream's apiserver_test.go: TestGetPartialObjectMetadata, TestGetTable, TestGetPretty. */
let server: MemoryServer;
before(async () => {
  server = await startMemoryServer();
  await server.client.create(namespaces, { metadata: { name: "default" } } as never);
  await establish(server, definitionOf());
  await server.client.create(cronTabs(), cronTab("a", { cronSpec: "1" }));
});
after(() => server.close());

const core = "/api/v1/namespaces";
const custom = "/apis/stable.example.com/v1/namespaces/default/crontabs";
const view = (as: string, version = "v1"): string => `application/json;as=${as};g=meta.k8s.io;v=${version}`;

for (const [path, as, words] of [
  [core, "PartialObjectMetadata", "PartialObjectMetadata, but the requested object is a list (*core.NamespaceList)"],
  [
    `${core}/default`,
    "PartialObjectMetadataList",
    "PartialObjectMetadataList, but the requested object is not a list (*core.Namespace)",
  ],
  [
    custom,
    "PartialObjectMetadata",
    "PartialObjectMetadata, but the requested object is a list (*unstructured.UnstructuredList)",
  ],
] as const) {
  test(`${path} is no ${as}`, async () => {
    const { code, json } = await askRaw(server.server, path, { accept: view(as) });
    assert.deepEqual([code, json().reason, json().message], [406, "NotAcceptable", `you requested ${words}`]);
  });
}

for (const accept of ["PartialObjectMetadataList", "Table"].flatMap((as) =>
  ["v1", "v1beta1"].map((v) => view(as, v)),
)) {
  test(`${accept} is of the version that was asked for, with all in it`, async () => {
    const version = `meta.k8s.io/${accept.split("v=")[1]}`;
    for (const query of ["", "?pretty=true"]) {
      const { apiVersion, items, rows } = (await askRaw(server.server, core + query, { accept })).json();
      assert.equal(apiVersion, version);
      const [{ kind, apiVersion: inner }] = items ?? rows.map(({ object }: { object: object }) => object);
      assert.deepEqual([kind, inner], ["PartialObjectMetadata", version]);
    }
  });
}

test("one object is of the version that was asked for", async () => {
  for (const [as, version] of [
    ["PartialObjectMetadata", "v1beta1"],
    ["Table", "v1beta1"],
    ["Table", "v1"],
  ] as const) {
    const { kind, apiVersion } = (await askRaw(server.server, `${core}/default`, { accept: view(as, version) })).json();
    assert.deepEqual([kind, apiVersion], [as, `meta.k8s.io/${version}`]);
  }
});

test("answers with line breaks end without one", async () => {
  for (const path of [core, `${core}/default`, `${core}?labelSelector=a%3Db`, custom]) {
    const { text } = await askRaw(server.server, `${path}${path.includes("?") ? "&" : "?"}pretty=true`);
    assert.match(text, /[^\n]\n\}$/);
    assert.doesNotThrow(() => JSON.parse(text));
  }
});
