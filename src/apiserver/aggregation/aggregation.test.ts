import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import type { APIService } from "../../api/generated/apiregistration.k8s.io/v1.ts";
import type { Service } from "../../api/generated/core/v1.ts";
import type { EndpointSlice } from "../../api/generated/discovery.k8s.io/v1.ts";
import { apiServices, customResourceDefinitions, endpointSlices, services } from "../../api/generated/resources.ts";
import type { ApiObject, ResourceReference } from "../../api/meta.ts";
import { nextTurn } from "../../base/turn.ts";
import { discoveryPaths } from "../discovery/paths.ts";
import { openapiPaths } from "../openapi/handler.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { askRaw } from "../testing/raw-door.ts";
import { selfSigned } from "../testing/self-signed.ts";
import {
  type ReceivedCall,
  startWebhookServer,
  type WebhookAnswer,
  type WebhookServer,
} from "../testing/webhook-server.ts";

const SERVED = "/apis/metrics.example.com/v1beta1";
const NAME = "v1beta1.metrics.example.com";
const LIST = { kind: "ThingList", apiVersion: "metrics.example.com/v1beta1", metadata: {}, items: [] };
const things: ResourceReference<ApiObject> = {
  ...{ group: "metrics.example.com", version: "v1beta1", resource: "things", kind: "Thing", namespaced: true },
};

const THING = "com.example.metrics.v1beta1.Thing";
const META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const SWAGGER = {
  swagger: "2.0",
  info: { title: "things", version: "1" },
  paths: {
    [`${SERVED}/namespaces/{namespace}/things`]: {
      get: { responses: { 200: { description: "OK", schema: { $ref: `#/definitions/${THING}` } } } },
    },
    "/version": { get: { responses: { 200: { description: "not theirs to say" } } } },
  },
  definitions: {
    [THING]: { type: "object", description: "a thing", properties: { metadata: { $ref: `#/definitions/${META}` } } },
    [META]: { type: "object", description: "metadata of another release" },
  },
};

let memory: MemoryServer;
let extension: WebhookServer;

/** What an aggregated API server answers. */
function respond({ path }: ReceivedCall): WebhookAnswer {
  if (path === SERVED) {
    const verbs = ["get", "list", "create"];
    return {
      body: {
        kind: "APIResourceList",
        groupVersion: "metrics.example.com/v1beta1",
        resources: [
          { name: "things", singularName: "thing", namespaced: true, kind: "Thing", verbs, shortNames: ["th"] },
          { name: "things/status", singularName: "", namespaced: true, kind: "Thing", verbs: ["get"] },
        ],
      },
    };
  }
  if (path === "/openapi/v3") {
    return { body: { paths: { [SERVED.slice(1)]: { serverRelativeURL: `/openapi/v3${SERVED}?hash=A` } } } };
  }
  if (path === "/openapi/v2") return { body: SWAGGER };
  if (path.startsWith("/openapi/v3")) return { body: { openapi: "3.0.0" } };
  if (path.includes("/elsewhere")) return { code: 302, headers: { location: "https://evil.example.com/" }, body: "" };
  if (path.includes("/missing"))
    return { code: 404, body: { kind: "Status", code: 404, reason: "NotFound", message: "none" } };
  return { body: LIST };
}

before(async () => {
  const own = await selfSigned();
  extension = await startWebhookServer(respond, { dns: ["things.default.svc"] });
  memory = await startMemoryServer({
    proxyCertificate: () => ({ certificate: own.cert, key: own.key }),
    paths: (table, served, remote) => [discoveryPaths(table, served, { remote }), openapiPaths(table, served, remote)],
  });
});
after(async () => {
  await memory?.close();
  await extension?.close();
});

async function condition(wanted: (said: string) => boolean): Promise<string> {
  let said = "";
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    const { status } = await memory.client.get(apiServices, { name: NAME });
    const available = status?.conditions?.find(({ type }) => type === "Available");
    said = `${available?.status} ${available?.reason}: ${available?.message}`;
    if (wanted(said)) return said;
    await memory.clock.advance(1000);
    for (let turn = 0; turn < 20; turn++) await nextTurn();
  }
  return said;
}

/** Lets time pass until that is told. */
async function eventually(told: () => Promise<unknown>, wanted: unknown): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!isDeepStrictEqual(await told(), wanted) && performance.now() < deadline) {
    await memory.clock.advance(1000);
    for (let turn = 0; turn < 20; turn++) await nextTurn();
  }
  assert.deepEqual(await told(), wanted);
}

const service: Service = {
  metadata: { name: "things", namespace: "default" },
  spec: { ports: [{ name: "https", port: 443, targetPort: 8443 }] },
};
const slice = (): EndpointSlice => ({
  metadata: { name: "things-1", namespace: "default", labels: { "kubernetes.io/service-name": "things" } },
  addressType: "IPv4",
  endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
  ports: [{ name: "https", port: extension.port, protocol: "TCP" }],
});
const apiService = (): APIService => ({
  metadata: { name: NAME },
  spec: {
    ...{ group: "metrics.example.com", version: "v1beta1", groupPriorityMinimum: 100, versionPriority: 100 },
    ...{ service: { namespace: "default", name: "things" }, caBundle: extension.caBundle },
  },
});

test("an APIService becomes available step by step, and says what is missing", async () => {
  const { client } = memory;
  await client.create(apiServices, apiService());
  assert.equal(
    await condition((said) => said.includes("ServiceNotFound")),
    'False ServiceNotFound: service/things in "default" is not present',
  );
  const refused = await askRaw(memory.server, `${SERVED}/things`);
  assert.equal(refused.code, 503);
  assert.equal(refused.text, "service unavailable\n");
  assert.match(refused.headers["content-type"] as string, /^text\/plain/);
  await client.create(services, service);
  assert.equal(
    await condition((said) => said.includes("EndpointsNotFound")),
    'False EndpointsNotFound: cannot find endpointslices for service/things in "default"',
  );
  await client.create(endpointSlices, slice());
  assert.equal(await condition((said) => said.includes("Passed")), "True Passed: all checks passed");
});

test("requests go on to the server, with who asks and without what only a front proxy may say", async () => {
  const before = extension.calls.length;
  const answer = await askRaw(memory.server, `${SERVED}/namespaces/default/things?labelSelector=a%3Db`, {
    headers: {
      authorization: "Bearer secret",
      "x-remote-user": "somebody-else",
      "x-remote-group": "somebody-elses",
      "impersonate-user": "nobody",
      "impersonate-group": "system:masters",
    },
  });
  assert.equal(answer.code, 200);
  assert.deepEqual(answer.json(), LIST);
  const call = extension.calls[before]!;
  assert.equal(call.path, `${SERVED}/namespaces/default/things?labelSelector=a%3Db`);
  assert.equal(call.headers["x-remote-user"], "nobody");
  assert.equal(call.headers["x-remote-group"], "system:masters, system:authenticated");
  assert.equal(call.headers["x-forwarded-uri"], `${SERVED}/namespaces/default/things`);
  assert.equal(call.headers["x-forwarded-proto"], "https");
  const discovery = extension.calls.find(({ path }) => path === SERVED)!;
  assert.equal(discovery.headers["x-remote-user"], "system:kube-aggregator");
  assert.equal(discovery.headers["x-remote-group"], "system:masters");
  for (const header of ["authorization", "impersonate-user", "impersonate-group"])
    assert.equal(call.headers[header], undefined, header);
});

test("components of this process reach it too, and its errors are theirs", async () => {
  const list = await memory.client.list(things, { namespace: "default" });
  assert.deepEqual(list.items, []);
  await memory.client.create(things, { metadata: { name: "a", namespace: "default" } });
  assert.deepEqual(extension.calls.at(-1)?.body, {
    ...{ apiVersion: "metrics.example.com/v1beta1", kind: "Thing" },
    metadata: { name: "a", namespace: "default" },
  });
  await assert.rejects(memory.client.get(things, { namespace: "default", name: "missing" }), { code: 404 });
});

test("it cannot lead clients elsewhere", async () => {
  const path = `${SERVED}/elsewhere`;
  const answer = await askRaw(memory.server, path);
  assert.equal(answer.code, 502);
  assert.equal(answer.headers.location, undefined);
  assert.match(answer.text, /^the backend attempted to redirect this request, which is not permitted/);
});

test("discovery and the API documents tell of it", async () => {
  const groups = (await askRaw(memory.server, "/apis")).json().groups;
  const group = groups.find(({ name }: { name: string }) => name === "metrics.example.com");
  assert.equal(group.preferredVersion.groupVersion, "metrics.example.com/v1beta1");
  const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const aggregated = (await askRaw(memory.server, "/apis", { accept })).json();
  const item = aggregated.items.find((each: ApiObject) => each.metadata?.name === "metrics.example.com");
  assert.equal(item.versions[0].freshness, "Current");
  assert.deepEqual(item.versions[0].resources[0].shortNames, ["th"]);
  assert.equal(item.versions[0].resources[0].subresources[0].subresource, "status");
  assert.equal((await askRaw(memory.server, SERVED)).json().resources[0].name, "things");
  const index = (await askRaw(memory.server, "/openapi/v3")).json();
  assert.equal(index.paths[SERVED.slice(1)].serverRelativeURL, `/openapi/v3${SERVED}?hash=A`);
  assert.equal((await askRaw(memory.server, `/openapi/v3${SERVED}?hash=A`)).json().openapi, "3.0.0");
});

test("a server that knows aggregated discovery is told of in its own words, whatever its plain lists say", async () => {
  const scale = { subresource: "scale", responseKind: { group: "autoscaling", version: "v1", kind: "Scale" } };
  const resource = { resource: "gauges", singularResource: "gauge", scope: "Cluster", verbs: ["get"], extra: "kept" };
  const versions = [{ version: "v1beta1", resources: [{ ...resource, subresources: [scale] }] }, { version: "v2" }];
  const contentType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  let isBroken = false;
  extension.respond = (call) => {
    if (call.path === SERVED) return { body: "ready" };
    if (call.path !== "/apis") return respond(call);
    if (isBroken) return { code: 503, body: {} };
    const items = [{ metadata: { name: "metrics.example.com" }, versions }];
    return { headers: { "content-type": contentType }, body: { kind: "APIGroupDiscoveryList", items } };
  };
  const told = async () => {
    const { items } = (await askRaw(memory.server, "/apis", { accept: contentType })).json();
    return items.find((each: ApiObject) => each.metadata?.name === "metrics.example.com")?.versions[0];
  };
  const noKind = { group: "", version: "", kind: "" };
  const current = {
    version: "v1beta1",
    resources: [{ ...resource, responseKind: noKind, subresources: [scale] }],
    freshness: "Current",
  };
  await eventually(told, current);
  isBroken = true;
  await eventually(told, { ...current, freshness: "Stale" });
  const { paths } = (await askRaw(memory.server, "/openapi/v2")).json();
  assert.ok(paths[`${SERVED}/namespaces/{namespace}/things`], "its documents do not depend on its discovery");
  assert.equal(await condition((said) => said.startsWith("True")), "True Passed: all checks passed");
  extension.respond = respond;
  await eventually(async () => (await told())?.freshness, "Current");
  assert.equal((await askRaw(memory.server, SERVED)).json().resources[0].name, "things");
});

test("the one document of OpenAPI v2 has what it says, without taking anything else of it over", async () => {
  const { paths, definitions } = (await askRaw(memory.server, "/openapi/v2")).json();
  const path = `${SERVED}/namespaces/{namespace}/things`;
  assert.deepEqual(paths[path].get.responses[200].schema, { $ref: `#/definitions/${THING}` });
  assert.deepEqual(definitions[THING].properties, { metadata: { $ref: `#/definitions/${META}_v2` } });
  assert.equal(definitions[`${META}_v2`].description, "metadata of another release");
  assert.notEqual(definitions[META].description, "metadata of another release");
  const accept = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
  assert.ok((await askRaw(memory.server, "/openapi/v2", { accept })).text.includes(`${META}_v2`));
});

test("a broken server holds nobody else up, and its API is told to be stale", async () => {
  extension.respond = () => ({ code: 500, body: {} });
  assert.match(
    await condition((said) => said.startsWith("False")),
    /^False FailedDiscoveryCheck: failing or missing response from (https:\/\/127\.0\.0\.1:\d+\/apis\/metrics\.example\.com\/v1beta1): bad status from \1: 500$/,
  );
  assert.equal((await askRaw(memory.server, `${SERVED}/things`)).code, 503);
  assert.equal((await askRaw(memory.server, "/api/v1/namespaces")).code, 200);
  const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const { items } = (await askRaw(memory.server, "/apis", { accept })).json();
  const item = items.find((each: ApiObject) => each.metadata?.name === "metrics.example.com");
  assert.equal(item.versions[0].freshness, "Stale");
  extension.respond = respond;
  assert.equal(await condition((said) => said.startsWith("True")), "True Passed: all checks passed");
});

test("without its APIService it is gone", async () => {
  await memory.client.delete(apiServices, { name: NAME });
  assert.equal((await askRaw(memory.server, `${SERVED}/things`)).code, 404);
  const groups = (await askRaw(memory.server, "/apis")).json().groups;
  assert.ok(!groups.some(({ name }: { name: string }) => name === "metrics.example.com"));
});

test("each group-version of this server has its APIService, also those of custom resources while they are there", async () => {
  const own = await startMemoryServer({ keepsLocalServices: true });
  const names = async (): Promise<string[]> => {
    for (let turn = 0; turn < 50; turn++) await nextTurn();
    await own.clock.advance(1000);
    return (await own.client.list(apiServices)).items.map(({ metadata }) => metadata?.name ?? "");
  };
  try {
    const before = await names();
    for (const name of ["v1.", "v1.apps", "v2.autoscaling"]) assert.ok(before.includes(name), name);
    const { metadata, status } = await own.client.get(apiServices, { name: "v1.apps" });
    const [available] = status?.conditions ?? [];
    assert.equal(available?.reason, "Local");
    assert.equal(available?.lastTransitionTime, metadata?.creationTimestamp);
    const schema = { openAPIV3Schema: { type: "object" } };
    await own.client.create(customResourceDefinitions, {
      metadata: { name: "widgets.example.com" },
      spec: {
        group: "example.com",
        scope: "Namespaced",
        names: { plural: "widgets", kind: "Widget" },
        versions: [{ name: "v1", served: true, storage: true, schema }],
      },
    } as CustomResourceDefinition);
    assert.ok((await names()).includes("v1.example.com"));
    await own.client.delete(customResourceDefinitions, { name: "widgets.example.com" });
    assert.deepEqual(await names(), before);
  } finally {
    await own.close();
  }
});
