import assert from "node:assert/strict";
import { test } from "node:test";
import { loadDescriptions, loadSchema } from "../../api/schema-data.ts";
import { encodeEntry, encodePart } from "./protobuf-parts.ts";
import { openapiV2Document, openapiV2Hash } from "./v2.ts";
import { swaggerSchema } from "./v2-convert.ts";
import { openapiV3Document, openapiV3Index } from "./v3.ts";

const schema = loadSchema();
const descriptions = loadDescriptions();

interface Swagger {
  readonly swagger: string;
  readonly paths: Record<string, Record<string, Record<string, unknown>>>;
  readonly definitions: Record<string, { readonly properties?: Record<string, Record<string, unknown>> }>;
}
const json = JSON.parse((await openapiV2Document(schema, descriptions, { format: "json" })).toString()) as Swagger;
const binary = await openapiV2Document(schema, descriptions, { format: "protobuf" });

test("one document holds the paths and kinds of all group-versions, and what they refer to", () => {
  assert.equal(json.swagger, "2.0");
  const refs = JSON.stringify(json).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g);
  for (const [, name] of refs) assert.ok(json.definitions[name!] !== undefined, name);
  assert.equal(JSON.stringify(json).includes("#/components/"), false);
  for (const { definition } of schema.resources) assert.ok(json.definitions[definition] !== undefined, definition);
  for (const path of ["/api/v1/namespaces/{namespace}/pods/{name}", "/apis/apps/v1/deployments"])
    assert.ok(json.paths[path] !== undefined, path);
});

test("an operation says what goes in and out as OpenAPI 2.0 does", () => {
  const post = json.paths["/apis/apps/v1/namespaces/{namespace}/deployments"]?.post as Record<string, unknown>;
  const deployment = { $ref: "#/definitions/io.k8s.api.apps.v1.Deployment" };
  assert.deepEqual(post.consumes, ["*/*"]);
  assert.ok((post.produces as string[]).includes("application/vnd.kubernetes.protobuf"));
  assert.deepEqual((post.parameters as { name: string }[]).at(-1), {
    in: "body",
    name: "body",
    required: true,
    schema: deployment,
  });
  assert.deepEqual((post.responses as Record<string, unknown>)["201"], { description: "Created", schema: deployment });
});

const schemas: readonly [string, object, object][] = [
  [
    "a reference with a description",
    { allOf: [{ $ref: "#/components/schemas/a.B" }], description: "x" },
    { $ref: "#/definitions/a.B", description: "x" },
  ],
  [
    "alternatives become a string",
    { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
    { format: "int-or-string", type: "string" },
  ],
  [
    "maps and lists",
    { type: "object", additionalProperties: { type: "array", items: { $ref: "#/components/schemas/a.B" } } },
    { type: "object", additionalProperties: { type: "array", items: { $ref: "#/definitions/a.B" } } },
  ],
  [
    "extensions stay, defaults and what 2.0 lacks go",
    { type: "string", nullable: true, default: "a", "x-kubernetes-list-type": "set" },
    { type: "string", "x-kubernetes-list-type": "set" },
  ],
];
for (const [what, from, to] of schemas) {
  test(`schema: ${what}`, () => assert.deepEqual(swaggerSchema(from as never), to));
}

test("the protobuf form holds the same paths and definitions", () => {
  const document = fieldsOf(binary);
  const names = (entries: readonly Buffer[]): string[] =>
    entries.map((entry) => fieldsOf(entry).get(1)![0]!.toString());
  assert.equal(document.get(1)![0]!.toString(), "2.0");
  assert.deepEqual(names(fieldsOf(document.get(8)![0]!).get(2)!), Object.keys(json.paths));
  assert.deepEqual(names(fieldsOf(document.get(9)![0]!).get(1)!), Object.keys(json.definitions));
});

test("a schema in protobuf, field by field", () => {
  const bytes = encodePart("schema", {
    type: "array",
    description: "d",
    required: ["a", "b"],
    items: { $ref: "#/definitions/a.B" },
    minimum: 1,
    uniqueItems: true,
    "x-kubernetes-list-map-keys": ["k"],
  });
  const fields = fieldsOf(bytes);
  assert.equal(fieldsOf(fields.get(22)![0]!).get(1)![0]!.toString(), "array");
  assert.equal(fields.get(4)![0]!.toString(), "d");
  assert.deepEqual(fields.get(19)!.map(String), ["a", "b"]);
  assert.equal(
    fieldsOf(fieldsOf(fields.get(23)![0]!).get(1)![0]!)
      .get(1)![0]!
      .toString(),
    "#/definitions/a.B",
  );
  assert.equal(fields.get(9)![0]!.readDoubleLE(0), 1);
  assert.deepEqual([...fields.get(16)![0]!], [1]);
  const extension = fieldsOf(fields.get(31)![0]!);
  assert.equal(extension.get(1)![0]!.toString(), "x-kubernetes-list-map-keys");
  assert.equal(fieldsOf(extension.get(2)![0]!).get(2)![0]!.toString(), '["k"]');
  assert.throws(() => encodePart("schema", { nullable: true }), /no place for "nullable"/);
});

test("what 3.0 says of every group-version is in the one document, and no more", () => {
  const paths = new Set<string>();
  const definitions = new Set<string>();
  for (const { group, version } of schema.resources) {
    const document = openapiV3Document(schema, descriptions, { group, version });
    for (const path of Object.keys(document.paths)) paths.add(path);
    for (const name of Object.keys(document.components.schemas)) definitions.add(name);
  }
  assert.deepEqual(Object.keys(json.paths).sort(), [...paths].sort());
  assert.deepEqual(Object.keys(json.definitions), [...definitions].sort());
});

test("definitions tell no defaults; a field of that name stays", () => {
  const withDefault = new Set<string>();
  const look = (value: unknown, at: string): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, each] of Object.entries(value)) {
      if (key === "default" && !at.endsWith(".properties")) withDefault.add(at);
      look(each, `${at}.${key}`);
    }
  };
  look(json.definitions, "");
  assert.deepEqual([...withDefault], []);
  const props = json.definitions["io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"];
  assert.ok(props?.properties?.default !== undefined);
});

const string = "0a06737472696e67";
const golden: readonly [string, Buffer, string][] = [
  [
    "a document's head",
    encodePart("document", { swagger: "2.0", info: { title: "k", version: "v1" } }),
    "0a03322e30 1207 0a016b 12027631",
  ],
  [
    "a definition with a type and an extension",
    encodeEntry(1, "A", { message: "schema", value: { type: "string", "x-kubernetes-y": true } }),
    `0a2b 0a0141 1226 b20108${string} fa0118 0a0e782d6b756265726e657465732d79 1206 120474727565`,
  ],
  [
    "a path with a query parameter",
    encodePart("path", { get: { parameters: [{ in: "query", name: "q", type: "string" }] } }),
    "121a 4218 0a16 1214 1a12 12057175657279 220171 3206737472696e67",
  ],
];
for (const [what, bytes, hex] of golden) {
  test(`golden bytes: ${what}`, () => assert.equal(bytes.toString("hex"), hex.replaceAll(" ", "")));
}

test("the hash changes with what is served", () => {
  const fewer = { ...schema, resources: schema.resources.slice(1) };
  assert.notEqual(openapiV2Hash(openapiV3Index(fewer)), openapiV2Hash(openapiV3Index(schema)));
});

/** The contents of a message's fields by number, in their order. */
function fieldsOf(message: Buffer): Map<number, Buffer[]> {
  const fields = new Map<number, Buffer[]>();
  let position = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = message[position++]!;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  };
  while (position < message.length) {
    const tag = varint();
    const start = position;
    if ((tag & 7) === 0) varint();
    else if ((tag & 7) === 1) position += 8;
    const length = (tag & 7) === 2 ? varint() : 0;
    const from = (tag & 7) === 2 ? position : start;
    position += length;
    const list = fields.get(tag >>> 3) ?? [];
    list.push(message.subarray(from, position));
    fields.set(tag >>> 3, list);
  }
  return fields;
}
