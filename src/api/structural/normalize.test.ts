import assert from "node:assert/strict";
import { test } from "node:test";
import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import type { JsonObject } from "../patch/json-value.ts";
import { compileStructural } from "./compile.ts";
import { applyDefaults, pruneNulls } from "./defaults.ts";
import { normalizeCustomResource } from "./normalize.ts";
import { prune } from "./prune.ts";

const text = { type: "string" };
const objectOf = (properties: Record<string, JSONSchemaProps>, more: JSONSchemaProps = {}): JSONSchemaProps => ({
  type: "object",
  properties,
  ...more,
});
const keepUnknown = { "x-kubernetes-preserve-unknown-fields": true };

const prunings: readonly [
  name: string,
  schema: JSONSchemaProps,
  object: JsonObject,
  left: JsonObject,
  pruned: string[],
][] = [
  ["unknown fields", objectOf({ a: text }), { a: "x", b: 1, c: { d: 1 } }, { a: "x" }, ["b", "c"]],
  [
    "in lists",
    objectOf({ list: { type: "array", items: objectOf({ a: text }) } }),
    { list: [{ a: "x", b: 1 }, { c: 1 }] },
    { list: [{ a: "x" }, {}] },
    ["list[0].b", "list[1].c"],
  ],
  [
    "in maps",
    objectOf({ map: { type: "object", additionalProperties: objectOf({ a: text }) } }),
    { map: { k: { a: "x", b: 1 } } },
    { map: { k: { a: "x" } } },
    ["map.k.b"],
  ],
  [
    "any values of a map say nothing of what is below",
    objectOf({ map: { type: "object", additionalProperties: true } }),
    { map: { k: { a: 1 }, l: 2 } },
    { map: { k: {}, l: 2 } },
    ["map.k.a"],
  ],
  [
    "preserved, but for what is specified",
    objectOf({ spec: objectOf({ known: objectOf({ a: text }) }, keepUnknown) }),
    { spec: { known: { a: "x", b: 1 }, other: { b: 1 } } },
    { spec: { known: { a: "x" }, other: { b: 1 } } },
    ["spec.known.b"],
  ],
  [
    "preserved lists",
    objectOf({ list: { type: "array", items: objectOf({ a: objectOf({ x: text }) }), ...keepUnknown } }),
    { list: [{ a: { x: "1", y: 1 }, b: 1 }] },
    { list: [{ a: { x: "1" }, b: 1 }] },
    ["list[0].a.y"],
  ],
  [
    "apiVersion, kind, metadata stay at the root and in embedded resources",
    objectOf({ one: objectOf({ spec: objectOf({}) }, { "x-kubernetes-embedded-resource": true }) }),
    { apiVersion: "v1", kind: "X", metadata: { a: 1 }, one: { apiVersion: "v1", kind: "Y", metadata: {}, x: 1 } },
    { apiVersion: "v1", kind: "X", metadata: { a: 1 }, one: { apiVersion: "v1", kind: "Y", metadata: {} } },
    ["one.x"],
  ],
  [
    "prototype names",
    objectOf({ a: text }),
    JSON.parse('{"__proto__": {"x": 1}, "constructor": 1, "a": "x"}') as JsonObject,
    { a: "x" },
    ["__proto__", "constructor"],
  ],
];

for (const [name, schema, object, left, pruned] of prunings) {
  test(`prune: ${name}`, () => {
    assert.deepEqual(prune(compileStructural(schema), object, { isResourceRoot: true }), pruned);
    assert.deepEqual(object, left);
    assert.deepEqual(Object.keys(object), Object.keys(left));
  });
}

test("prune: what is no resource keeps no metadata", () => {
  const object = { metadata: {}, a: "x" };
  assert.deepEqual(prune(compileStructural(objectOf({ a: text })), object, { isResourceRoot: false }), ["metadata"]);
});

const defaults: readonly [name: string, schema: JSONSchemaProps, object: unknown, filled: unknown][] = [
  ["missing", objectOf({ a: { ...text, default: "A" }, b: text }), {}, { a: "A" }],
  ["there", objectOf({ a: { ...text, default: "A" } }), { a: "" }, { a: "" }],
  [
    "below a default",
    objectOf({ a: objectOf({ b: { type: "integer", default: 3 } }, { default: {} }) }),
    {},
    { a: { b: 3 } },
  ],
  ["not below what is missing", objectOf({ a: objectOf({ b: { type: "integer", default: 3 } }) }), {}, {}],
  ["null", objectOf({ a: { ...text, default: "A" } }), { a: null }, { a: "A" }],
  ["null that is allowed", objectOf({ a: { ...text, default: "A", nullable: true } }), { a: null }, { a: null }],
  ["null without default goes", objectOf({ a: text }), { a: null }, {}],
  ["null that nothing is said of stays", objectOf({}, keepUnknown), { a: null }, { a: null }],
  [
    "in lists and maps",
    objectOf({
      list: { type: "array", items: objectOf({ a: { ...text, default: "A" } }) },
      map: { type: "object", additionalProperties: objectOf({ a: { ...text, default: "A" } }) },
    }),
    { list: [{}, null], map: { k: {} } },
    { list: [{ a: "A" }, null], map: { k: { a: "A" } } },
  ],
  [
    "a name of the prototype",
    objectOf(JSON.parse('{"__proto__": {"type": "string", "default": "A"}}') as Record<string, JSONSchemaProps>),
    {},
    JSON.parse('{"__proto__": "A"}'),
  ],
];

for (const [name, schema, object, filled] of defaults) {
  test(`defaults: ${name}`, () => {
    const structural = compileStructural(schema);
    pruneNulls(structural, object);
    applyDefaults(structural, object);
    assert.deepEqual(object, filled);
  });
}

test("defaults are copies", () => {
  const structural = compileStructural(objectOf({ a: objectOf({}, { default: { b: 1 }, ...keepUnknown }) }));
  const [one, two]: { a?: JsonObject }[] = [{}, {}];
  applyDefaults(structural, one);
  one!.a!.b = 2;
  applyDefaults(structural, two);
  assert.deepEqual(two, { a: { b: 1 } });
});

const embedded = objectOf({
  one: objectOf({}, { "x-kubernetes-embedded-resource": true, ...keepUnknown }),
  a: { ...text, default: "A" },
});

test("a whole object: its own metadata first, then what is unknown, then embedded metadata; then defaults", () => {
  const object: JsonObject = {
    apiVersion: "a.b/v1",
    kind: "X",
    metadata: { name: "x", foo: 1, creationTimestamp: null, ownerReferences: [{ name: "o", bar: 1 }] },
    one: { apiVersion: "v1", kind: "Y", metadata: { labels: { a: "b" }, oops: 1 }, more: 1 },
    b: 1,
  };
  const normalized = normalizeCustomResource(compileStructural(embedded), object, { dropInvalid: false });
  assert.deepEqual(normalized.errors, []);
  assert.deepEqual(normalized.unknownFields, [
    "metadata.foo",
    "metadata.ownerReferences[0].bar",
    "b",
    "one.metadata.oops",
  ]);
  assert.deepEqual(object.metadata, {
    name: "x",
    ownerReferences: [{ apiVersion: "", kind: "", name: "o", uid: "" }].map(({ name }) => ({ name })),
  });
  assert.deepEqual(object.one, { apiVersion: "v1", kind: "Y", metadata: { labels: { a: "b" } }, more: 1 });
  assert.equal(object.a, "A");
  assert.ok(!("b" in object));
});

test("defaults have no fields in metadata that it does not have", () => {
  const metadata = { type: "object", default: { name: "x", unknown: 1 } };
  const resource = { "x-kubernetes-embedded-resource": true };
  const schema = objectOf({ one: { ...objectOf({ metadata }, resource), default: {} } });
  const object: JsonObject = {};
  normalizeCustomResource(compileStructural(schema), object, { dropInvalid: false });
  assert.deepEqual(object, { one: { metadata: { name: "x" } } });
});

test("metadata of a wrong type is told on a request and dropped from the store", () => {
  const schema = compileStructural(embedded);
  const make = (): JsonObject => ({ kind: 7, metadata: { name: "x", labels: { a: 1 } }, one: { metadata: [] } });
  const { errors } = normalizeCustomResource(schema, make(), { dropInvalid: false });
  assert.deepEqual(
    errors.map(({ field, message }) => `${field}: ${message}`),
    [
      "kind: Invalid value: 7: must be a string",
      'metadata: Invalid value: {"name":"x","labels":{"a":1}}: json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string',
      "one.metadata: Invalid value: []: json: cannot unmarshal array into Go value of type v1.ObjectMeta",
    ],
  );
  const stored = make();
  assert.deepEqual(normalizeCustomResource(schema, stored, { dropInvalid: true }).errors, []);
  assert.deepEqual(stored.metadata, { name: "x" });
  assert.ok(!("kind" in stored));
});
