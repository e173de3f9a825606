import assert from "node:assert/strict";
import { test } from "node:test";
import { loadDescriptions, loadSchema } from "../../api/schema-data.ts";
import { openapiV2Document, openapiV2Hash } from "./v2.ts";
import { swaggerSchema } from "./v2-convert.ts";
import { encodePart } from "./v2-protobuf.ts";

const schema = loadSchema();
const descriptions = loadDescriptions();

interface Swagger {
  readonly swagger: string;
  readonly paths: Record<string, Record<string, Record<string, unknown>>>;
  readonly definitions: Record<string, { readonly properties?: Record<string, Record<string, unknown>> }>;
}
const json = JSON.parse((await openapiV2Document(schema, descriptions, "json")).toString()) as Swagger;
const binary = await openapiV2Document(schema, descriptions, "protobuf");

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
    "extensions stay, what 2.0 lacks goes",
    { type: "string", nullable: true, "x-kubernetes-list-type": "set" },
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

test("the hash changes with what is served", () => {
  const fewer = { ...schema, resources: schema.resources.slice(1) };
  assert.notEqual(openapiV2Hash(fewer), openapiV2Hash(schema));
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
