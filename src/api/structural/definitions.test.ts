import assert from "node:assert/strict";
import { test } from "node:test";
import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { applyConfiguration, trackUpdate } from "../patch/apply.ts";
import { fieldSetOf } from "../patch/field-compare.ts";
import { type FieldSet, pathsOf, pathText } from "../patch/field-set.ts";
import { typeOfDefinition } from "../patch/field-types.ts";
import type { JsonObject } from "../patch/json-value.ts";
import type { Schema } from "../schema.ts";
import { loadSchema } from "../schema-data.ts";
import { compileStructural } from "./compile.ts";
import { definitionsOf } from "./definitions.ts";

const NAME = "com.example.v1.Widget";
const text = { type: "string" };
const list = (items: JSONSchemaProps, more: JSONSchemaProps = {}): JSONSchemaProps => ({
  type: "array",
  items,
  ...more,
});
const object = (properties: Record<string, JSONSchemaProps>, more: JSONSchemaProps = {}): JSONSchemaProps => ({
  type: "object",
  properties,
  ...more,
});
const byKey = { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"] };
const asSet = { "x-kubernetes-list-type": "set" };

function schemaOf(spec: JSONSchemaProps): Schema {
  const structural = compileStructural(object({ spec }));
  const definitions = definitionsOf(structural, { name: NAME, group: "example.com", version: "v1", kind: "Widget" });
  return { definitions: { ...loadSchema().definitions, ...definitions }, resources: [] };
}

function pathsIn(spec: JSONSchemaProps, value: JsonObject): string[] {
  const schema = schemaOf(spec);
  const set = fieldSetOf({ spec: value }, typeOfDefinition(schema, NAME), schema);
  return pathsOf(set).map((path) => pathText(path).replace(".spec", ""));
}

const cases: readonly [name: string, spec: JSONSchemaProps, value: JsonObject, paths: string[]][] = [
  ["scalars and structs", object({ a: text, b: object({ c: text }) }), { a: "1", b: { c: "2" } }, [".a", ".b.c"]],
  ["lists are atomic by themselves", object({ a: list(text) }), { a: ["x", "y"] }, [".a"]],
  ["sets", object({ a: list(text, asSet) }), { a: ["x", "y"] }, ['.a[="x"]', '.a[="y"]']],
  [
    "lists by key, with lists by key in them",
    object({ a: list(object({ k: text, l: list(object({ k: text, v: text }), byKey) }), byKey) }),
    { a: [{ k: "x", l: [{ k: "y", v: "z" }] }] },
    ['.a[k="x"]', '.a[k="x"].k', '.a[k="x"].l[k="y"]', '.a[k="x"].l[k="y"].k', '.a[k="x"].l[k="y"].v'],
  ],
  [
    "keys with defaults",
    object({ a: list(object({ k: { ...text, default: "d" }, v: text }), byKey) }),
    { a: [{ v: "1" }] },
    ['.a[k="d"]', '.a[k="d"].v'],
  ],
  ["lists of lists", object({ a: list(list(text, asSet)) }), { a: [["x"]] }, [".a"]],
  [
    "maps of sets",
    object({ a: { type: "object", additionalProperties: list(text, asSet) } }),
    { a: { m: ["x"] } },
    [".a.m", '.a.m[="x"]'],
  ],
  [
    "maps of maps of structs",
    object({
      a: {
        type: "object",
        additionalProperties: { type: "object", additionalProperties: object({ l: list(text, asSet) }) },
      },
    }),
    { a: { m: { n: { l: ["x"] } } } },
    [".a.m", ".a.m.n", '.a.m.n.l[="x"]'],
  ],
  [
    "atomic structs",
    object({ a: object({ b: text }, { "x-kubernetes-map-type": "atomic" }) }),
    { a: { b: "1" } },
    [".a"],
  ],
  [
    "atomic maps",
    object({ a: { type: "object", additionalProperties: text, "x-kubernetes-map-type": "atomic" } }),
    { a: { b: "1" } },
    [".a"],
  ],
  [
    "what is not specified: objects by field, lists as a whole",
    object({ a: text }, { "x-kubernetes-preserve-unknown-fields": true }),
    { a: "1", b: { c: [1], d: { e: 2 } } },
    [".a", ".b", ".b.c", ".b.d", ".b.d.e"],
  ],
  ["int-or-string", object({ a: { "x-kubernetes-int-or-string": true } }), { a: "5%" }, [".a"]],
  [
    "embedded resources",
    object({ a: object({}, { "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true }) }),
    { a: { kind: "X", metadata: { finalizers: ["f"] }, x: { y: 1 } } },
    [".a.kind", ".a.x", '.a.metadata.finalizers[="f"]', ".a.x.y"],
  ],
  [
    "names of the prototype",
    object(
      JSON.parse('{"__proto__": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"}}'),
    ),
    JSON.parse('{"__proto__": ["x"]}'),
    ['.__proto__[="x"]'],
  ],
];

for (const [name, spec, value, paths] of cases) {
  test(`who owns what: ${name}`, () => assert.deepEqual(pathsIn(spec, value), paths));
}

test("two appliers share a list of a custom resource", () => {
  const schema = schemaOf(object({ ports: list(object({ k: text, v: text }), byKey) }));
  const apply = (current: JsonObject | undefined, manager: string, ports: JsonObject[]): JsonObject =>
    applyConfiguration(
      current,
      { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" }, spec: { ports } },
      { schema, definition: NAME, manager, apiVersion: "example.com/v1", time: "2024-01-01T00:00:00Z", force: false },
    );
  const first = apply(undefined, "one", [{ k: "a", v: "1" }]);
  const second = apply(first, "two", [{ k: "b", v: "2" }]);
  assert.deepEqual((second.spec as JsonObject).ports, [
    { k: "a", v: "1" },
    { k: "b", v: "2" },
  ]);
  assert.throws(() => apply(second, "two", [{ k: "a", v: "9" }]), /conflict with "one": \.spec\.ports\[k="a"\]\.v/);
  const third = apply(second, "one", []);
  assert.deepEqual((third.spec as JsonObject).ports, [{ k: "b", v: "2" }]);
});

/** Who wrote what after an update of one object to another, as paths below spec. */
function written(spec: JSONSchemaProps, before: JsonObject | undefined, after: JsonObject): string[] {
  const widget = (value: JsonObject, metadata: JsonObject): JsonObject => ({
    apiVersion: "example.com/v1",
    kind: "Widget",
    metadata: { name: "w", ...metadata },
    spec: value,
  });
  const entry = { apiVersion: "example.com/v1", operation: "Update", fieldsType: "FieldsV1" };
  const known = { managedFields: [{ ...entry, manager: "other", fieldsV1: { "f:metadata": { "f:labels": {} } } }] };
  const options = { schema: schemaOf(spec), definition: NAME, manager: "me", apiVersion: "example.com/v1", time: "" };
  const entries = trackUpdate(before && widget(before, known), widget(after, {}), options);
  const mine = entries?.find(({ manager }) => manager === "me");
  return pathsOf((mine?.fieldsV1 ?? {}) as FieldSet).map((path) => pathText(path).replace(".spec", ""));
}

test("structs of custom resources are there only where somebody wrote them", () => {
  const spec = object({ a: object({ b: text }), c: text }, { "x-kubernetes-preserve-unknown-fields": true });
  assert.deepEqual(written(spec, undefined, { a: { b: "1" } }), ["", ".a", ".a.b"]);
  assert.deepEqual(written(spec, { c: "1" }, { c: "1", a: { b: "1" } }), [".a", ".a.b"]);
});

test("a value that becomes one of another kind is owned whole, with what is in it", () => {
  const spec = object({}, { "x-kubernetes-preserve-unknown-fields": true });
  assert.deepEqual(written(spec, { u: "1" }, { u: { a: { b: 1 } } }), [".u", ".u.a", ".u.a.b"]);
  assert.deepEqual(written(spec, { u: { a: 1 } }, { u: [1] }), [".u"]);
});

test("new elements come behind what stood before the next element that both lists have", () => {
  const schema = schemaOf(object({ l: list(object({ k: text }), byKey) }));
  const options = { schema, definition: NAME, manager: "me", apiVersion: "example.com/v1", time: "" };
  const cases: readonly (readonly [live: string, wanted: string, merged: string])[] = [
    ["bxc", "acb", "xacb"],
    ["abc", "cba", "cba"],
    ["xaybz", "ba", "xybza"],
    ["ab", "nab", "nab"],
    ["xab", "anb", "xanb"],
    ["axb", "anb", "axnb"],
    ["", "ab", "ab"],
    ["ab", "", "ab"],
  ];
  const widget = (keys: string): JsonObject => ({
    apiVersion: "example.com/v1",
    kind: "Widget",
    metadata: { name: "w" },
    spec: { l: Array.from(keys, (k) => ({ k })) },
  });
  for (const [live, wanted, merged] of cases) {
    const { spec } = applyConfiguration(widget(live), widget(wanted), { ...options, force: true });
    assert.equal((spec as { l: { k: string }[] }).l.map(({ k }) => k).join(""), merged, `${live} with ${wanted}`);
  }
});
