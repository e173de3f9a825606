import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { ConversionRequest, CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { namespaces } from "../../api/generated/resources.ts";
import type { AnyObject } from "../../api/meta.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { startWebhookServer, type WebhookServer } from "../testing/webhook-server.ts";
import { cronTab, cronTabs, definitionOf, establish, versionOf } from "./testing/definitions.ts";

let server: MemoryServer;
let hook: WebhookServer;
before(async () => {
  hook = await startWebhookServer(() => ({ body: {} }));
});
beforeEach(async () => {
  hook.respond = (call) => ({ body: renamed(call.body) });
  server = await startMemoryServer();
  await server.client.create(namespaces, { metadata: { name: "default" } } as never);
  await establish(server, definition());
  hook.calls.length = 0;
});
afterEach(() => server.close());
after(() => hook.close());

const target = { namespace: "default", name: "a" };

/** v1 says `host` for what v2 calls `hostName`; v2 is stored. */
function definition(): CustomResourceDefinition {
  const text = { type: "string" };
  const of = (properties: object) => ({
    openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties } } },
  });
  const versions = [
    versionOf("v1", { schema: of({ host: text, image: text }) as never, additionalPrinterColumns: [] }),
    versionOf("v2", {
      schema: of({ hostName: text, image: text }) as never,
      storage: true,
      additionalPrinterColumns: [],
    }),
  ];
  const clientConfig = { url: `${hook.url}/convert`, caBundle: hook.caBundle };
  const conversion = { strategy: "Webhook", webhook: { clientConfig, conversionReviewVersions: ["v1"] } };
  return definitionOf({ versions, conversion });
}

function renamed(review: unknown): object {
  const { uid, desiredAPIVersion, objects } = (review as { request: ConversionRequest }).request;
  const convertedObjects = (objects as AnyObject[]).map((object) => {
    const { host, hostName = host, ...rest } = (object.spec ?? {}) as Record<string, string>;
    const name = hostName === undefined ? {} : desiredAPIVersion.endsWith("/v1") ? { host: hostName } : { hostName };
    return { ...object, apiVersion: desiredAPIVersion, spec: { ...rest, ...name } };
  });
  const response = { uid, result: { status: "Success" }, convertedObjects };
  return { kind: "ConversionReview", apiVersion: "apiextensions.k8s.io/v1", response };
}

/** How often objects with managers were converted: what is read and written is converted with its metadata complete. */
const conversionsOfManagers = (): number =>
  hook.calls.filter(({ body }) =>
    ((body as { request: ConversionRequest }).request.objects as AnyObject[]).some(
      ({ metadata }) => metadata?.managedFields === undefined,
    ),
  ).length;

const apply = (version: string, spec: object, options: { fieldManager: string; force?: boolean }) =>
  server.client.patch(cronTabs(version), target, {
    type: "apply",
    body: { apiVersion: `stable.example.com/${version}`, kind: "CronTab", metadata: { name: "a" }, spec },
    ...options,
  }) as Promise<AnyObject>;

/** `manager@version: fields of its spec`. */
const owners = ({ metadata }: AnyObject): string[] =>
  (metadata?.managedFields ?? [])
    .map(({ manager, apiVersion, fieldsV1 }) => {
      const spec = (fieldsV1 as Record<string, Record<string, unknown>>)["f:spec"] ?? {};
      const fields = Object.keys(spec).filter((each) => each !== ".");
      return `${manager}@${apiVersion?.split("/")[1]}: ${fields.map((each) => each.slice(2)).join(" ")}`;
    })
    .sort();

test("who owns a field in one version is told of changes that are made in the other, in one conversion", async () => {
  await apply("v1", { host: "a", image: "i" }, { fieldManager: "first" });
  hook.calls.length = 0;
  await assert.rejects(apply("v2", { hostName: "b" }, { fieldManager: "second" }), {
    code: 409,
    message: 'Apply failed with 1 conflict: conflict with "first": .spec.host',
  });
  assert.equal(conversionsOfManagers(), 1);
  hook.calls.length = 0;
  const forced = await apply("v2", { hostName: "b" }, { fieldManager: "second", force: true });
  assert.equal(conversionsOfManagers(), 1);
  assert.deepEqual(owners(forced), ["first@v1: image", "second@v2: hostName"]);
  const same = await apply("v1", { host: "b", image: "i" }, { fieldManager: "first" });
  assert.deepEqual(owners(same), ["first@v1: host image", "second@v2: hostName"]);
});

test("an update takes fields from those who own them in another version, in one conversion", async () => {
  await apply("v1", { host: "a", image: "i" }, { fieldManager: "first" });
  hook.calls.length = 0;
  const body = { spec: { hostName: "c" } };
  const updated = await server.client.patch(cronTabs("v2"), target, { type: "merge", body });
  assert.equal(conversionsOfManagers(), 1);
  assert.deepEqual(owners(updated), ["first@v1: image", "test@v2: hostName"]);
  hook.calls.length = 0;
  // Who changes nothing asks nobody.
  await server.client.patch(cronTabs("v2"), target, { type: "merge", body });
  assert.equal(conversionsOfManagers(), 0);
});

test("what an applier no longer says goes, whatever version it said it in", async () => {
  await apply("v1", { host: "a", image: "i" }, { fieldManager: "first" });
  const moved = await apply("v2", { image: "i" }, { fieldManager: "first" });
  assert.deepEqual(moved.spec, { image: "i" });
  assert.deepEqual(owners(moved), ["first@v2: image"]);
});

test("what an applier no longer says stays while somebody owns it in another version", async () => {
  await apply("v1", { host: "a" }, { fieldManager: "first" });
  await apply("v2", { hostName: "a", image: "i" }, { fieldManager: "second" });
  hook.calls.length = 0;
  const left = await apply("v2", { image: "i" }, { fieldManager: "second" });
  // There, and what is owned there back.
  assert.equal(conversionsOfManagers(), 2);
  assert.deepEqual(left.spec, { hostName: "a", image: "i" });
  assert.deepEqual(owners(left), ["first@v1: host", "second@v2: image"]);
  const gone = await apply("v1", {}, { fieldManager: "first" });
  assert.deepEqual(gone.spec, { image: "i" });
  assert.deepEqual(owners(gone), ["first@v1: ", "second@v2: image"]);
});

test("who wrote in a version that is gone is forgotten", async () => {
  await server.client.create(cronTabs("v2"), cronTab("a", { hostName: "a", image: "i" }));
  const current = await server.client.get(cronTabs("v2"), target);
  const entry = current.metadata!.managedFields![0]!;
  const managedFields = [entry, { ...entry, apiVersion: "stable.example.com/v0", manager: "old" }];
  const body = { metadata: { managedFields } };
  const updated = await server.client.patch(cronTabs("v2"), target, { type: "merge", body });
  assert.deepEqual(owners(updated as AnyObject), ["test@v2: hostName image"]);
});

test("an apply fails when nobody can convert, an update forgets who wrote what", async () => {
  await apply("v1", { host: "a" }, { fieldManager: "first" });
  const current = (await server.client.get(cronTabs("v2"), target)) as AnyObject;
  hook.respond = () => ({ code: 500, body: {} });
  await assert.rejects(apply("v2", { hostName: "b" }, { fieldManager: "second" }), /conversion webhook for .* failed/);
  const updated = await server.client.update(cronTabs("v2"), { ...current, spec: { hostName: "c" } } as AnyObject);
  assert.equal(updated.metadata?.managedFields, undefined);
});
