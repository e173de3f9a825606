import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeObject } from "../../api/protobuf/decode.ts";
import { encodeObject } from "../../api/protobuf/encode.ts";
import { loadSchema } from "../../api/schema-data.ts";
import type { Exchange, TextAnswer } from "../exchange.ts";
import type { PathHandler } from "../handlers/handler.ts";
import { versionPath } from "../handlers/version.ts";
import { openapiPaths } from "../openapi/handler.ts";
import type { ServedResource } from "../registry/resource.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import { indexPath, listedPaths } from "./index-path.ts";
import { discoveryPaths } from "./paths.ts";

const schema = loadSchema();
const listed = schema.resources
  .filter(({ verbs, group }) => verbs.includes("list") && !group.startsWith("resource."))
  .map((resource) => ({ schema: resource }) as ServedResource);
const table: ResourceTable = {
  find: (group, version, resource) =>
    listed.find(({ schema: each }) => each.group === group && each.version === version && each.resource === resource),
  at: () => undefined,
  stored: () => undefined,
  list: () => listed,
  replace: () => {},
  subscribe: () => () => {},
};

function ask(handler: PathHandler, url: string, headers: Record<string, string> = {}) {
  const { pathname: path, searchParams: query } = new URL(url, "http://server:6443");
  const exchange = { method: "GET", path, query, headers: { host: "server:6443", ...headers } } as unknown as Exchange;
  return handler(exchange);
}

const discovery = discoveryPaths(table, schema);
const openapi = openapiPaths(table, schema);
const aggregated = (version: string) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

test("plain discovery answers objects, in any encoding that the server has", async () => {
  const answer = await ask(discovery, "/apis/apps/v1", { accept: "application/json" });
  assert.equal(answer?.kind, "object");
  const kinds = ["/api", "/apis", "/apis/apps", "/api/v1/", "/apis/apps/v1"].map(async (path) => {
    const found = await ask(discovery, path);
    return found?.kind === "object" ? found.object.kind : undefined;
  });
  assert.deepEqual(await Promise.all(kinds), [
    "APIVersions",
    "APIGroupList",
    "APIGroup",
    "APIResourceList",
    "APIResourceList",
  ]);
});

test("the oldest documents say no apiVersion, in protobuf either", async () => {
  for (const [path, kind] of [
    ["/api", "APIVersions"],
    ["/api/v1", "APIResourceList"],
  ] as const) {
    const answer = await ask(discovery, path);
    assert.equal(answer?.kind, "object");
    const bytes = encodeObject(answer.object);
    // An empty version, then the kind; a reader takes it to be of the version that it expects.
    assert.equal(
      bytes.subarray(4, 10).toString("latin1"),
      `\n${String.fromCharCode(kind.length + 4)}\n\0\x12${String.fromCharCode(kind.length)}`,
    );
    assert.equal(decodeObject(bytes, { apiVersion: "v1", kind }).object.kind, kind);
  }
});

test("clients get the discovery that they like best", async () => {
  const accept = `${aggregated("v2")},${aggregated("v2beta1")},application/json`;
  const answer = (await ask(discovery, "/apis?timeout=32s", { accept })) as TextAnswer;
  assert.equal(answer.contentType, aggregated("v2"));
  assert.equal(JSON.parse(String(answer.text)).kind, "APIGroupDiscoveryList");
  const older = (await ask(discovery, "/apis", { accept: `${aggregated("v2beta1")},application/json` })) as TextAnswer;
  assert.equal(JSON.parse(String(older.text)).apiVersion, "apidiscovery.k8s.io/v2beta1");
  const plain = await ask(discovery, "/apis", { accept: `application/json,${aggregated("v2")}` });
  assert.equal(plain?.kind, "object");
  const again = (await ask(discovery, "/apis", { accept, "if-none-match": answer.headers?.etag ?? "" })) as TextAnswer;
  assert.deepEqual([again.code, again.contentType], [304, aggregated("v2")]);
});

test("what the table does not serve is not discovered; what is computed is", async () => {
  const answer = (await ask(discovery, "/apis", { accept: aggregated("v2") })) as TextAnswer;
  const names = JSON.parse(String(answer.text)).items.map((item: { metadata: { name: string } }) => item.metadata.name);
  assert.ok(!names.includes("resource.k8s.io"));
  assert.ok(names.includes("authorization.k8s.io"));
  assert.equal(await ask(discovery, "/apis/resource.k8s.io/v1"), undefined);
  assert.equal(await ask(discovery, "/apis/apps/v9"), undefined);
  assert.equal(await ask(discovery, "/apis/apps/v1/deployments"), undefined);
});

test("OpenAPI documents are found through the index and kept by their hash", async () => {
  const index = JSON.parse(String(((await ask(openapi, "/openapi/v3")) as TextAnswer).text));
  const url: string = index.paths["apis/apps/v1"].serverRelativeURL;
  assert.equal(index.paths["apis/resource.k8s.io/v1"], undefined);
  const document = (await ask(openapi, url)) as TextAnswer;
  assert.equal(JSON.parse(String(document.text)).openapi, "3.0.0");
  assert.equal(document.headers?.["cache-control"], "public, immutable");
  const moved = (await ask(openapi, "/openapi/v3/apis/apps/v1?hash=old")) as TextAnswer;
  assert.deepEqual([moved.code, moved.headers?.location], [301, url]);
  const unchanged = (await ask(openapi, url, { "if-none-match": document.headers?.etag ?? "" })) as TextAnswer;
  assert.deepEqual([unchanged.code, unchanged.contentType], [304, "application/json"]);
  assert.equal(await ask(openapi, "/openapi/v3/apis/constructor"), undefined);
  assert.throws(() => ask(openapi, url, { accept: "application/xml" }), /only the following media types are accepted/);
  for (const separator of [".", "@"]) {
    const accept = `application/com.github.proto-openapi.spec.v3${separator}v1.0+protobuf`;
    const packed = (await ask(openapi, url, { accept })) as TextAnswer;
    assert.equal(packed.contentType, "application/com.github.proto-openapi.spec.v3.v1.0+protobuf");
    // Field 1, the version of OpenAPI.
    assert.equal((packed.text as Buffer).subarray(0, 7).toString(), "\n\u00053.0.0");
    assert.equal(((await ask(openapi, "/openapi/v3", { accept })) as TextAnswer).contentType, "application/json");
  }
});

test("the root lists the paths that there are", async () => {
  const checks = {
    live: [{ name: "ping", check: () => undefined }],
    ready: [{ name: "store", check: () => undefined }],
  };
  const index = indexPath(listedPaths({ table, schema, remote: () => [], checks }));
  const { paths } = JSON.parse(String(((await ask(index, "/")) as TextAnswer).text)) as { paths: string[] };
  assert.deepEqual(paths.slice(0, 4), ["/.well-known/openid-configuration", "/api", "/api/v1", "/apis"]);
  for (const path of ["/apis/apps", "/apis/apps/v1", "/livez/ping", "/readyz/store", "/openapi/v3", "/version"]) {
    assert.equal(paths.filter((each) => each === path).length, 1, path);
  }
  assert.equal(await ask(index, "/other"), undefined);
});

test("the version is where OpenAPI says, and where people ask", async () => {
  for (const path of ["/version", "/version/"]) {
    const answer = (await ask(versionPath(), path)) as TextAnswer;
    assert.equal(JSON.parse(String(answer.text)).major, "1", path);
  }
  assert.equal(await ask(versionPath(), "/version/more"), undefined);
  const { major, minor, emulationMajor, emulationMinor, minCompatibilityMajor, minCompatibilityMinor } = JSON.parse(
    String(((await ask(versionPath(), "/version")) as TextAnswer).text),
  );
  assert.deepEqual([major, minor, emulationMajor, emulationMinor], ["1", "36", "1", "36"]);
  assert.deepEqual([minCompatibilityMajor, minCompatibilityMinor], ["1", "35"]);
});
