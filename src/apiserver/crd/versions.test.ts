import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { ConversionRequest, CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { customResourceDefinitions, namespaces } from "../../api/generated/resources.ts";
import type { AnyObject } from "../../api/meta.ts";
import type { StatusError } from "../../api/status.ts";
import type { WatchEvent } from "../../client/transport.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { startWebhookServer, type WebhookServer } from "../testing/webhook-server.ts";
import { cronTab, cronTabs, definitionOf, establish, versionOf } from "./testing/definitions.ts";

let server: MemoryServer;
let hook: WebhookServer;
before(async () => {
  hook = await startWebhookServer(() => ({ body: {} }));
});
beforeEach(async () => {
  hook.calls.length = 0;
  hook.respond = (call) => ({ body: converted(call.body) });
  server = await startMemoryServer();
  await server.client.create(namespaces, { metadata: { name: "default" } } as never);
});
afterEach(() => server.close());
after(() => hook.close());

const target = { namespace: "default", name: "a" };

/** Two versions: v1 has cronSpec, v2 has it in two parts. */
function twoVersions(stored: "v1" | "v2", conversion?: CustomResourceDefinition["spec"]["conversion"]) {
  const parts = { spec: { type: "object", properties: { minute: { type: "string" }, rest: { type: "string" } } } };
  const v2 = { openAPIV3Schema: { type: "object", properties: parts } };
  const versions = [
    versionOf("v1", { storage: stored === "v1" }),
    versionOf("v2", { storage: stored === "v2", schema: v2, additionalPrinterColumns: [] }),
  ];
  return definitionOf({ versions, conversion });
}

function byWebhook(): NonNullable<CustomResourceDefinition["spec"]["conversion"]> {
  const clientConfig = { url: `${hook.url}/convert`, caBundle: hook.caBundle };
  return { strategy: "Webhook", webhook: { clientConfig, conversionReviewVersions: ["v1", "v1beta1"] } };
}

/** What an honest webhook answers. */
function converted(review: unknown): object {
  const { uid, desiredAPIVersion, objects } = (review as { request: ConversionRequest }).request;
  const convertedObjects = (objects as AnyObject[]).map((object) => {
    const spec = object.spec as Record<string, string>;
    const [minute = "", ...rest] = (spec.cronSpec ?? "").split(" ");
    const parts = desiredAPIVersion.endsWith("/v2")
      ? { minute, rest: rest.join(" ") }
      : { cronSpec: `${spec.minute} ${spec.rest}` };
    return { ...object, apiVersion: desiredAPIVersion, spec: parts };
  });
  return answer({ uid, result: { status: "Success" }, convertedObjects });
}

const answer = (response: object): object => ({
  kind: "ConversionReview",
  apiVersion: "apiextensions.k8s.io/v1",
  response,
});

async function storeIn(version: "v1" | "v2"): Promise<void> {
  const { client } = server;
  const definition = await client.get(customResourceDefinitions, { name: "crontabs.stable.example.com" });
  const versions = definition.spec.versions.map((each) => ({ ...each, storage: each.name === version }));
  await client.update(customResourceDefinitions, { ...definition, spec: { ...definition.spec, versions } });
}

const specs = async (version: string) => (await server.client.list(cronTabs(version))).items.map(({ spec }) => spec);

test("without conversion versions share what they have in common, and each drops what it does not know", async () => {
  await establish(server, twoVersions("v1"));
  const { client } = server;
  await client.create(cronTabs("v1"), cronTab("a", { cronSpec: "x" }));
  const other = await client.get(cronTabs("v2"), target);
  assert.deepEqual([other.apiVersion, other.spec], ["stable.example.com/v2", {}]);
  assert.deepEqual((await client.get(cronTabs("v1"), target)).spec, { cronSpec: "x", replicas: 1 });
});

test("a webhook converts what is read, written and watched, and keeps are as they were", async () => {
  await establish(server, twoVersions("v1", byWebhook()));
  const { client } = server;
  const made = await client.create(cronTabs("v2"), cronTab("a", { minute: "5", rest: "* * *" }));
  assert.deepEqual([made.apiVersion, made.spec], ["stable.example.com/v2", { minute: "5", rest: "* * *" }]);
  const stored = await server.store.get("/registry/stable.example.com/crontabs/default/a");
  assert.match(stored!.value.toString(), /"cronSpec":"5 \* \* \*"/);
  const first = await client.get(cronTabs("v1"), target);
  assert.deepEqual(first.spec, { cronSpec: "5 * * *", replicas: 1 });
  assert.equal(first.metadata?.uid, made.metadata?.uid);
  const { resourceVersion = "" } = first.metadata ?? {};
  const watch = client.watch(cronTabs("v2"), { resourceVersion })[Symbol.asyncIterator]();
  await client.patch(cronTabs("v1"), target, { type: "merge", body: { spec: { cronSpec: "6 * * *" } } });
  const { object } = (await watch.next()).value as WatchEvent<AnyObject>;
  assert.deepEqual(object.spec, { minute: "6", rest: "* * *" });
  await watch.return?.(undefined);
  const request = (hook.calls[0]!.body as { request: ConversionRequest }).request;
  assert.equal(request.desiredAPIVersion, "stable.example.com/v1");
});

test("when another version is stored from now on, old objects stay readable beside new ones", async () => {
  await establish(server, twoVersions("v1", byWebhook()));
  const { client } = server;
  await client.create(cronTabs("v1"), cronTab("a", { cronSpec: "1 * * *" }));
  await storeIn("v2");
  await client.create(cronTabs("v2"), cronTab("b", { minute: "2", rest: "* * *" }));
  assert.deepEqual(await specs("v1"), [{ cronSpec: "1 * * *", replicas: 1 }, { cronSpec: "2 * * *" }]);
  assert.deepEqual(await specs("v2"), [
    { minute: "1", rest: "* * *" },
    { minute: "2", rest: "* * *" },
  ]);
  const definition = await client.get(customResourceDefinitions, { name: "crontabs.stable.example.com" });
  assert.deepEqual(definition.status?.storedVersions, ["v1", "v2"]);
  // A write that changes nothing migrates the object.
  const old = await client.get(cronTabs("v2"), target);
  const again = await client.update(cronTabs("v2"), old);
  assert.notEqual(again.metadata?.resourceVersion, old.metadata?.resourceVersion);
  const stored = await server.store.get("/registry/stable.example.com/crontabs/default/a");
  assert.match(stored!.value.toString(), /^\{"kind":"CronTab","apiVersion":"stable\.example\.com\/v2"/);
  const same = await client.update(cronTabs("v2"), again);
  assert.equal(same.metadata?.resourceVersion, again.metadata?.resourceVersion);
});

test("what a webhook does wrong is told in upstream's words, and the next read tries again", async () => {
  await establish(server, twoVersions("v1", byWebhook()));
  const { client } = server;
  await client.create(cronTabs("v1"), cronTab("a", { cronSpec: "1 * * *" }));
  const subject = "conversion webhook for stable.example.com/v1, Kind=CronTab";
  const first = (change: (object: AnyObject) => AnyObject) => (body: unknown) => {
    const good = converted(body) as { response: { convertedObjects: AnyObject[] } };
    return { ...good, response: { ...good.response, convertedObjects: good.response.convertedObjects.map(change) } };
  };
  const cases: [string, (body: unknown) => object][] = [
    [
      `${subject} failed: it is not possible`,
      (body) => answer({ uid: uidOf(body), result: { status: "Failure", message: "it is not possible" } }),
    ],
    [
      `${subject} failed: response.result.status was '', not 'Success'`,
      (body) => answer({ uid: uidOf(body), result: {} }),
    ],
    [`${subject} failed: expected response.uid=`, () => answer({ uid: "other", result: { status: "Success" } })],
    [
      `${subject} failed: no response provided`,
      () => ({ kind: "ConversionReview", apiVersion: "apiextensions.k8s.io/v1" }),
    ],
    [
      `${subject} failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got v1, Kind=Pod`,
      () => ({ kind: "Pod", apiVersion: "v1", response: {} }),
    ],
    [
      `${subject} returned 0 objects, expected 1`,
      (body) => answer({ uid: uidOf(body), result: { status: "Success" }, convertedObjects: [] }),
    ],
    [
      `${subject} returned invalid object at index 0: invalid groupVersion (expected stable.example.com/v2, received x/v1)`,
      first((object) => ({ ...object, apiVersion: "x/v1" })),
    ],
    [
      `${subject} returned invalid object at index 0: invalid kind (expected CronTab, received Pod)`,
      first((object) => ({ ...object, kind: "Pod" })),
    ],
    [
      `${subject} returned invalid object: must have the same name: a != b`,
      first((object) => ({ ...object, metadata: { ...object.metadata, name: "b" } })),
    ],
    [
      `${subject} returned invalid metadata: metadata.labels[x] must be a string, but is int64 in converted object`,
      first((object) => ({ ...object, metadata: { ...object.metadata, labels: { x: 1 } } as never })),
    ],
  ];
  for (const [message, respond] of cases) {
    hook.respond = (call) => ({ body: respond(call.body) });
    await assert.rejects(client.get(cronTabs("v2"), target), (error: StatusError) => {
      assert.equal(error.code, 500);
      assert.ok(error.message.startsWith(message), `${error.message}\n${message}`);
      return true;
    });
  }
  hook.respond = () => ({ code: 500, body: "broken" });
  await assert.rejects(client.list(cronTabs("v2")), (error: StatusError) =>
    error.message.startsWith(`${subject} failed: `),
  );
  hook.respond = (call) => ({ body: converted(call.body) });
  assert.deepEqual((await client.get(cronTabs("v2"), target)).spec, { minute: "1", rest: "* * *" });
});

test("one object that cannot be converted keeps nobody from the others", async () => {
  await establish(server, twoVersions("v1", byWebhook()));
  const { client } = server;
  for (const name of ["a", "bad", "c"]) await client.create(cronTabs("v1"), cronTab(name, { cronSpec: "1 * * *" }));
  hook.respond = (call) => {
    const { uid, objects } = (call.body as { request: ConversionRequest }).request;
    const isBad = (objects as AnyObject[]).some(({ metadata }) => metadata?.name === "bad");
    return {
      body: isBad ? answer({ uid, result: { status: "Success" }, convertedObjects: [] }) : converted(call.body),
    };
  };
  const why = "conversion webhook for stable.example.com/v1, Kind=CronTab returned 0 objects, expected 1";
  const isRefused = (error: StatusError) => error.code === 500 && error.message === why;
  await assert.rejects(client.list(cronTabs("v2")), isRefused);
  await assert.rejects(client.watch(cronTabs("v2"))[Symbol.asyncIterator]().next(), (error: StatusError) => {
    assert.deepEqual([error.code, error.message], [429, `storage is (re)initializing: ${why}`]);
    return error.status.details?.retryAfterSeconds === 1;
  });
  const stored = client.watch(cronTabs("v1"))[Symbol.asyncIterator]();
  assert.equal((await stored.next()).value?.type, "ADDED");
  await stored.return?.();
  await assert.rejects(client.list(cronTabs("v2"), { namespace: "default" }), isRefused);
  await client.create(namespaces, { metadata: { name: "other" } } as never);
  const elsewhere = { ...cronTab("a", { cronSpec: "3 * * *" }), metadata: { name: "a", namespace: "other" } };
  await client.create(cronTabs("v1"), elsewhere);
  const others = await client.list(cronTabs("v2"), { namespace: "other" });
  assert.deepEqual(
    others.items.map(({ spec }) => spec),
    [{ minute: "3", rest: "* * *" }],
  );
  await client.delete(cronTabs("v1"), { namespace: "other", name: "a" });
  assert.deepEqual((await client.get(cronTabs("v2"), target)).spec, { minute: "1", rest: "* * *" });
  await assert.rejects(client.get(cronTabs("v2"), { ...target, name: "bad" }), isRefused);
  const body = { spec: { minute: "7" } };
  assert.deepEqual((await client.patch(cronTabs("v2"), target, { type: "merge", body })).spec, {
    minute: "7",
    rest: "* * *",
  });
  await client.create(cronTabs("v2"), cronTab("d", { minute: "2", rest: "* * *" }));
  await client.delete(cronTabs("v2"), { ...target, name: "c" });
  await client.delete(cronTabs("v1"), { ...target, name: "bad" });
  assert.deepEqual(await specs("v2"), [
    { minute: "7", rest: "* * *" },
    { minute: "2", rest: "* * *" },
  ]);
});

test("a webhook that knows one object at a time is asked for one at a time", async () => {
  await establish(server, twoVersions("v1", byWebhook()));
  const { client } = server;
  for (const name of ["a", "b"]) await client.create(cronTabs("v1"), cronTab(name, { cronSpec: "1 * * *" }));
  hook.respond = (call) => {
    const { objects } = (call.body as { request: ConversionRequest }).request;
    return objects.length > 1 ? { code: 500, body: "one, please" } : { body: converted(call.body) };
  };
  assert.equal((await specs("v2")).length, 2);
  assert.equal(hook.calls.length, 3);
});

test("a conversion changes labels and annotations and nothing else of the metadata", async () => {
  await establish(server, twoVersions("v1", byWebhook()));
  const { client } = server;
  hook.respond = (call) => {
    const good = converted(call.body) as { response: { convertedObjects: AnyObject[] } };
    for (const object of good.response.convertedObjects) {
      object.metadata = { ...object.metadata, labels: { by: "hook" }, finalizers: ["x.example.com/y"], generation: 99 };
    }
    return { body: good };
  };
  const made = await client.create(cronTabs("v1"), cronTab("a", { cronSpec: "1 * * *" }));
  const { metadata } = await client.get(cronTabs("v2"), target);
  assert.deepEqual(metadata, { ...made.metadata, labels: { by: "hook" } });
});

test("a list is converted in one call, and a definition goes though its webhook is away", async () => {
  await establish(server, twoVersions("v1", byWebhook()));
  const { client } = server;
  for (const name of ["a", "b", "c"]) await client.create(cronTabs("v1"), cronTab(name, { cronSpec: "1 * * *" }));
  assert.equal(hook.calls.length, 0);
  assert.equal((await client.list(cronTabs("v2"))).items.length, 3);
  assert.equal(hook.calls.length, 1);
  hook.respond = () => ({ code: 503, body: "away" });
  await storeIn("v2");
  await client.delete(customResourceDefinitions, { name: "crontabs.stable.example.com" });
  const gone = async (): Promise<boolean> => (await client.list(customResourceDefinitions)).items.length === 0;
  for (let tries = 0; !(await gone()) && tries < 100; tries++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await server.store.list({ prefix: "/registry/stable.example.com/" })).items.length, 0);
});

test("fields to select by are those of the version", async () => {
  const versions = [
    versionOf("v1", { storage: true, selectableFields: [{ jsonPath: ".spec.image" }] }),
    versionOf("v2", { selectableFields: [{ jsonPath: ".spec.image" }, { jsonPath: ".spec.replicas" }] }),
  ];
  await establish(server, definitionOf({ versions }));
  const { client } = server;
  await client.create(cronTabs("v1"), cronTab("a", { cronSpec: "1", image: "x" }));
  await client.create(cronTabs("v1"), cronTab("b", { cronSpec: "1", image: "y", replicas: 2 }));
  const names = async (version: string, fieldSelector: string) =>
    (await client.list(cronTabs(version), { fieldSelector })).items.map(({ metadata }) => metadata?.name);
  assert.deepEqual(await names("v1", "spec.image=x"), ["a"]);
  assert.deepEqual(await names("v2", "spec.image!=x,spec.replicas=2"), ["b"]);
  await assert.rejects(names("v1", "spec.replicas=2"), /field label not supported: spec\.replicas/);
  const list = await client.list(cronTabs("v2"));
  const options = { resourceVersion: list.metadata.resourceVersion!, fieldSelector: "spec.image=x" };
  const watch = client.watch(cronTabs("v2"), options)[Symbol.asyncIterator]();
  const set = (name: string, image: string) =>
    client.patch(cronTabs("v1"), { namespace: "default", name }, { type: "merge", body: { spec: { image } } });
  await set("b", "x");
  await set("a", "z");
  const seen = [];
  for (let index = 0; index < 2; index++) {
    const { type, object } = (await watch.next()).value as WatchEvent<AnyObject>;
    seen.push(`${type} ${object.metadata?.name}`);
  }
  assert.deepEqual(seen, ["ADDED b", "DELETED a"]);
  await watch.return?.(undefined);
});

function uidOf(body: unknown): string {
  return (body as { request: ConversionRequest }).request.uid;
}
