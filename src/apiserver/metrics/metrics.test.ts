import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { configMaps, endpoints, namespaces } from "../../api/generated/resources.ts";
import { isNotFound } from "../../api/status.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";

let cluster: MemoryServer;
const scraper = { name: "prometheus", groups: ["system:monitoring", "system:authenticated"] };

before(async () => {
  cluster = await startMemoryServer();
});
after(() => cluster.close());

const scrape = (): Promise<string> =>
  cluster.server.transport({ user: { name: "admin", groups: ["system:masters"] }, userAgent: "test" }).text({
    method: "GET",
    path: "/metrics",
  });

test("requests are counted by verb, target and code", async () => {
  await cluster.client.create(configMaps, { metadata: { name: "one", namespace: "default" } });
  await cluster.client.get(configMaps, { namespace: "default", name: "one" });
  await assert.rejects(() => cluster.client.get(configMaps, { namespace: "default", name: "two" }), isNotFound);
  const text = await scrape();
  const line = (verb: string, code: number): string =>
    `apiserver_request_total{verb="${verb}",dry_run="",group="",version="v1",resource="configmaps",subresource="",scope="resource",component="apiserver",code="${code}"} 1`;
  for (const expected of [line("POST", 201), line("GET", 200), line("GET", 404)]) {
    assert.ok(text.split("\n").includes(expected), `${expected} in\n${text.slice(0, 3000)}`);
  }
  assert.match(text, /apiserver_request_duration_seconds_count\{verb="GET".*resource="configmaps".*\} 2/);
  assert.match(text, /^apiserver_current_inflight_requests\{request_kind="mutating"\} 0$/m);
  assert.match(text, /^apiserver_storage_objects\{resource="configmaps"\} 1$/m);
  assert.match(text, /^authorization_attempts_total\{result="allowed"\} [1-9]/m);
});

test("scopes are told by what is asked for; a created object is one", async () => {
  await cluster.client.create(namespaces, { metadata: { name: "scoped" } });
  await cluster.client.list(configMaps, { namespace: "scoped" });
  await cluster.client.list(configMaps, {});
  const text = await scrape();
  for (const [verb, resource, scope] of [
    ["POST", "namespaces", "resource"],
    ["LIST", "configmaps", "namespace"],
    ["LIST", "configmaps", "cluster"],
  ]) {
    const line = `^apiserver_request_total\\{verb="${verb}",.*resource="${resource}",subresource="",scope="${scope}",`;
    assert.match(text, new RegExp(line, "m"));
  }
});

test("who asks for what is deprecated is counted", async () => {
  const line =
    /^apiserver_requested_deprecated_apis\{group="",version="v1",resource="(\w+)",subresource="",removed_release=""\} 1$/gm;
  const found = async () => [...(await scrape()).matchAll(line)].map(([, resource]) => resource);
  assert.deepEqual(await found(), []);
  await cluster.client.list(endpoints, { namespace: "default" });
  await cluster.client.list(configMaps, { namespace: "default" });
  assert.deepEqual(await found(), ["endpoints"]);
});

test("applied is told from patched", async () => {
  const at = { name: "patched", namespace: "default" };
  await cluster.client.create(configMaps, { metadata: at });
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata: at };
  await cluster.client.patch(configMaps, at, { type: "merge", body: { data: { a: "1" } } });
  await cluster.client.patch(configMaps, at, { type: "apply", body, fieldManager: "test" });
  const text = await scrape();
  for (const verb of ["PATCH", "APPLY"]) {
    assert.match(text, new RegExp(`^apiserver_request_total\\{verb="${verb}",.*resource="configmaps".*\\} 1$`, "m"));
  }
});

test("a watch is counted as long-running while it goes on", async () => {
  const scope = new AbortController();
  const transport = cluster.server.transport({ user: { name: "admin", groups: ["system:masters"] }, userAgent: "t" });
  const watch = transport.watch({
    method: "GET",
    path: "/api/v1/configmaps",
    query: { watch: "true" },
    signal: scope.signal,
  });
  const events = watch[Symbol.asyncIterator]();
  await events.next();
  const running =
    /^apiserver_longrunning_requests\{verb="WATCH",group="",version="v1",resource="configmaps".*\} (\d)$/m;
  assert.equal(running.exec(await scrape())?.[1], "1");
  scope.abort();
  await events.return?.();
  assert.equal(running.exec(await scrape())?.[1], "0");
});

test("what is not served has no label of its own", async () => {
  const transport = cluster.server.transport({ user: { name: "admin", groups: ["system:masters"] }, userAgent: "t" });
  await assert.rejects(() => transport.request({ method: "GET", path: "/apis/evil.example/v1/inventions" }));
  assert.ok(!(await scrape()).includes("inventions"));
});

test("who may not read metrics does not", async () => {
  const transport = cluster.server.transport({ user: scraper, userAgent: "t" });
  await assert.rejects(() => transport.text({ method: "GET", path: "/metrics" }), /forbidden/);
});
