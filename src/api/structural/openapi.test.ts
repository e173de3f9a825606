import assert from "node:assert/strict";
import { test } from "node:test";
import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { compileStructural } from "./compile.ts";
import { openapiListOf, openapiOf } from "./openapi.ts";

const of = { group: "example.com", version: "v1", kind: "Widget" };
const ofKind = [{ group: "example.com", version: "v1", kind: "Widget" }];
type Published = Record<string, unknown> & { properties?: Record<string, Published> };

const publish = (schema: JSONSchemaProps, openapi: 2 | 3): Published =>
  openapiOf(compileStructural(schema), { ...of, openapi }) as Published;
const spec = (schema: JSONSchemaProps, openapi: 2 | 3): Published =>
  publish({ type: "object", properties: { spec: schema } }, openapi).properties!.spec!;

test("a kind has apiVersion, kind and metadata, whatever its schema says of them", () => {
  const published = publish(
    { type: "object", description: "A widget.", properties: { metadata: { type: "object" } } },
    3,
  );
  assert.deepEqual(Object.keys(published.properties!).sort(), ["apiVersion", "kind", "metadata"]);
  assert.deepEqual(published.properties!.metadata!.allOf, [
    { $ref: "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" },
  ]);
  assert.equal(published.description, "A widget.");
  assert.deepEqual(published["x-kubernetes-group-version-kind"], ofKind);
});

test("a schema that says nothing, or is not structural, is published as any object", () => {
  const any = { type: "object", "x-kubernetes-group-version-kind": ofKind };
  assert.deepEqual(openapiOf(undefined, { ...of, openapi: 3 }), any);
  assert.deepEqual(publish({ properties: { a: {} } }, 3), any);
  const preserving = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  assert.deepEqual(publish(preserving, 2), any);
  assert.equal(publish(preserving, 3)["x-kubernetes-preserve-unknown-fields"], true);
});

const cases: readonly [name: string, schema: JSONSchemaProps, three: unknown, two: unknown][] = [
  [
    "alternatives",
    { type: "string", anyOf: [{ minLength: 1 }], not: { enum: ["x"] }, default: "d", example: "e" },
    { type: "string", anyOf: [{ minLength: 1 }], not: { enum: ["x"] }, default: "d" },
    { type: "string", default: "d" },
  ],
  [
    "nullable",
    { type: "object", nullable: true, properties: { a: { type: "string" } } },
    { type: "object", nullable: true, properties: { a: { type: "string" } } },
    {},
  ],
  [
    "what is nullable is not required",
    {
      type: "object",
      required: ["a", "b"],
      properties: { a: { type: "string", nullable: true }, b: { type: "string" } },
    },
    {
      type: "object",
      required: ["a", "b"],
      properties: { a: { type: "string", nullable: true }, b: { type: "string" } },
    },
    { type: "object", required: ["b"], properties: { a: {}, b: { type: "string" } } },
  ],
  [
    "lists of anything",
    { type: "array", items: { type: "string" }, "x-kubernetes-preserve-unknown-fields": true },
    { type: "array", items: { type: "string" }, "x-kubernetes-preserve-unknown-fields": true },
    { "x-kubernetes-preserve-unknown-fields": true },
  ],
  [
    "int-or-string",
    { "x-kubernetes-int-or-string": true },
    { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] },
    { "x-kubernetes-int-or-string": true },
  ],
  [
    "maps",
    { type: "object", additionalProperties: { type: "string", nullable: true } },
    { type: "object", additionalProperties: { type: "string", nullable: true } },
    { type: "object", additionalProperties: {} },
  ],
];

for (const [name, schema, three, two] of cases) {
  test(`published: ${name}`, () => {
    assert.deepEqual(spec(schema, 3), three);
    assert.deepEqual(spec(schema, 2), two);
  });
}

test("embedded resources have metadata, but where kubectl would then refuse their other fields", () => {
  const schema = {
    type: "object",
    "x-kubernetes-embedded-resource": true,
    "x-kubernetes-preserve-unknown-fields": true,
  };
  assert.deepEqual(Object.keys(spec(schema, 3).properties!).sort(), ["apiVersion", "kind", "metadata"]);
  assert.deepEqual(spec(schema, 3).required, ["kind", "apiVersion"]);
  assert.equal(spec(schema, 2).properties, undefined);
});

test("lists refer to the kind", () => {
  const published = openapiListOf({
    ...of,
    plural: "widgets",
    listKind: "WidgetList",
    definition: "com.example.v1.Widget",
  });
  assert.equal(published.description, "WidgetList is a list of Widget");
  const { items } = (published.properties as Record<string, Published>).items as { items: unknown };
  assert.deepEqual(items, { $ref: "#/components/schemas/com.example.v1.Widget" });
});
