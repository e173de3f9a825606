import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { namespaces, nodes } from "../../api/generated/resources.ts";
import { isNotFound } from "../../api/status.ts";
import { definitionOf, establish } from "../crd/testing/definitions.ts";
import { discoveryPaths } from "../discovery/paths.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { askRaw } from "../testing/raw-door.ts";
import { versionPath } from "./version.ts";

let server: MemoryServer;
before(async () => {
  server = await startMemoryServer({ paths: (table, schema) => [discoveryPaths(table, schema), versionPath()] });
  await server.client.create(nodes, { metadata: { name: "n" } });
  await establish(server, definitionOf());
  await server.client.create(namespaces, { metadata: { name: "shop" } });
  const tab = JSON.stringify({ apiVersion: "stable.example.com/v1", kind: "CronTab", metadata: { name: "t" } });
  assert.equal((await askRaw(server.server, TABS, { method: "POST", body: tab })).code, 201);
});
after(() => server.close());

const TABS = "/apis/stable.example.com/v1/namespaces/shop/crontabs";
const NOWHERE = "the server could not find the requested resource";

const TEXT = [
  ...["/nowhere", "/apis/nowhere", "/apis/nowhere/v1", "/apis/nowhere/v1/things", "/apis/stable.example.com/v1/others"],
  ...["/apis/stable.example.com/v0/crontabs", "/apis/stable.example.com/v1/crontabs/t", "/apix"],
];

for (const path of TEXT) {
  test(`nobody serves ${path}, which is told in text`, async () => {
    const { code, headers, text } = await askRaw(server.server, path);
    assert.deepEqual([code, text], [404, "404 page not found\n"]);
    assert.equal(headers["content-type"], "text/plain; charset=utf-8");
    assert.equal(headers["x-content-type-options"], "nosniff");
  });
}

const STATUS = [
  ...["/api/v2", "/api/v1/things", "/api/v1/namespaces/default/nodes/n", "/apis/apps/v2", "/apis/apps/v1/things"],
  ...["/apis/apps/v1/namespaces/default", "/version/long", "/api/v1/nodes/n/others"],
];

for (const path of STATUS) {
  test(`nobody serves ${path}, beneath what is built in, which a Status tells`, async () => {
    const answer = await askRaw(server.server, path);
    assert.deepEqual([answer.code, answer.json().message, answer.json().details], [404, NOWHERE, {}]);
  });
}

test("a subresource that a custom resource does not have is not found as its object is not", async () => {
  const answer = await askRaw(server.server, `${TABS}/t/approval`);
  assert.deepEqual([answer.code, answer.json().message], [404, 'crontabs.stable.example.com "t" not found']);
});

test("components are told the same in an error", async () => {
  const nowhere = { group: "nowhere", version: "v1", resource: "things", kind: "Thing", namespaced: false };
  await assert.rejects(server.client.get(nowhere, { name: "t" }), (error: Error) => {
    assert.ok(isNotFound(error));
    assert.equal(error.message, NOWHERE);
    return true;
  });
});

const METHODS: readonly [method: string, path: string, code: number][] = [
  ["HEAD", "/api/v1/nodes", 405],
  ["HEAD", "/api/v1/nodes/n", 405],
  ["HEAD", "/api/v1/nodes/n/status", 405],
  ["OPTIONS", "/api/v1/nodes/n", 405],
  ["HEAD", "/api", 405],
  ["HEAD", "/apis", 405],
  ["HEAD", "/api/v1", 405],
  ["HEAD", "/version", 405],
  ["POST", "/apis/apps", 405],
  ["POST", "/apis/apps/v1", 405],
  ["HEAD", `${TABS}/t`, 200],
  ["HEAD", TABS, 200],
  ["OPTIONS", TABS, 405],
  ["HEAD", "/apis/stable.example.com", 200],
  ["HEAD", "/apis/stable.example.com/v1", 200],
];

for (const [method, path, code] of METHODS) {
  test(`${method} ${path} answers ${code}`, async () => {
    assert.equal((await askRaw(server.server, path, { method })).code, code);
  });
}
