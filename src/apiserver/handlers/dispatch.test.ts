import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { customResourceDefinitions, namespaces } from "../../api/generated/resources.ts";
import { definitionOf, establish } from "../crd/testing/definitions.ts";
import { requestInfo } from "../request-info.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { askRaw } from "../testing/raw-door.ts";

const MAPS = "/api/v1/namespaces/shop/configmaps";
const TABS = "/apis/stable.example.com/v1";
const TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1";
const ALL = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
const STREAMS = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

let memory: MemoryServer;
before(async () => {
  memory = await startMemoryServer();
  await memory.client.create(namespaces, { metadata: { name: "shop" } });
  await establish(memory, definitionOf());
});
after(async () => {
  await memory.client.delete(customResourceDefinitions, { name: "crontabs.stable.example.com" });
  await memory.close();
});

for (const [method, path, code, message] of [
  ["POST", "/api/v1/configmaps", 405, "the server does not allow this method on the requested resource"],
  ["DELETE", "/api/v1/configmaps", 405, "the server does not allow this method on the requested resource"],
  ["PUT", MAPS, 405, "the server does not allow this method on the requested resource"],
  ["GET", "/apis/authorization.k8s.io/v1/subjectaccessreviews", 405, "the server does not allow this method on"],
  ["POST", `${TABS}/crontabs`, 404, "404 page not found"],
  ["DELETE", `${TABS}/crontabs`, 404, "404 page not found"],
  ["POST", `${TABS}/namespaces/shop/crontabs/a`, 405, 'create is not supported on resources of kind "crontabs.stable'],
] as const) {
  test(`${method} ${path} is not served`, async () => {
    const answer = await askRaw(memory.server, path, { method, body: method === "GET" ? "" : "{}" });
    assert.equal(answer.code, code);
    const told = answer.headers["content-type"] === "application/json" ? answer.json().message : answer.text;
    assert.ok(told.startsWith(message), told);
  });
}

// Upstream's TestTransform.
for (const [what, path, accept, offers] of [
  ["a watch in YAML", `${MAPS}?watch=1`, "application/yaml", STREAMS],
  ["a watch of tables in YAML", `${MAPS}?watch=1`, TABLE.replace("json", "yaml"), STREAMS],
  ["a table in protobuf", MAPS, TABLE.replace("json", "vnd.kubernetes.protobuf"), ALL],
  ["a view of no kind", MAPS, "application/json;g=meta.k8s.io;v=v1", ALL],
  ["a view of another group", MAPS, TABLE.replace("meta.k8s.io", "k8s.io"), ALL],
  ["a custom resource in HTML", `${TABS}/crontabs`, "text/html", ALL],
] as const) {
  test(`${what} is not acceptable`, async () => {
    const { code, json } = await askRaw(memory.server, path, { accept });
    assert.deepEqual([code, json().message], [406, `only the following media types are accepted: ${offers}`]);
  });
}

test("who takes no answer that there is changes nothing", async () => {
  const body = JSON.stringify({ metadata: { name: "unwanted" } });
  assert.equal((await askRaw(memory.server, MAPS, { method: "POST", body, accept: "text/html" })).code, 406);
  assert.equal((await askRaw(memory.server, `${MAPS}/unwanted`)).code, 404);
});

test("rows of tables have objects, metadata or nothing, and nothing else", async () => {
  const { code, json } = await askRaw(memory.server, `${MAPS}?includeObject=all`, { accept: TABLE });
  assert.equal(code, 400);
  assert.equal(
    json().message,
    `Unable to convert to Table as requested: includeObject: Invalid value: "all": must be 'Metadata', 'Object', 'None', or empty`,
  );
  assert.equal((await askRaw(memory.server, `${MAPS}?includeObject=all`)).code, 200);
});

test("clients of old watch by the path", () => {
  const info = (path: string, method = "GET") => requestInfo(method, path, new URLSearchParams());
  const named = info("/apis/apps/v1/watch/namespaces/shop/deployments/web");
  assert.deepEqual(
    [named.verb, named.group, named.resource, named.namespace, named.name],
    ["watch", "apps", "deployments", "shop", "web"],
  );
  const all = info("/api/v1/watch/pods");
  assert.deepEqual([all.verb, all.resource, all.name], ["watch", "pods", ""]);
  assert.deepEqual([info("/api/v1/watch").verb, info("/api/v1/watch").resource], ["list", "watch"]);
  assert.equal(info("/api/v1/watch/pods", "POST").resource, "watch");
});
