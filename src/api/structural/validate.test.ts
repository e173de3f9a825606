import assert from "node:assert/strict";
import { test } from "node:test";
import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { compileStructural } from "./compile.ts";
import { compileValidator } from "./validate.ts";

async function errorsOf(schema: JSONSchemaProps, object: unknown, old?: unknown): Promise<string[]> {
  const validate = await compileValidator(compileStructural(schema));
  return validate(object, old).map(({ field, message }) => `${field}: ${message}`);
}

const spec = (properties: Record<string, JSONSchemaProps>, more: JSONSchemaProps = {}): JSONSchemaProps => ({
  type: "object",
  properties: { spec: { type: "object", properties, ...more } },
});
const x = (schema: JSONSchemaProps) => spec({ x: schema });

const cases: readonly [name: string, schema: JSONSchemaProps, value: unknown, errors: string[]][] = [
  ["integer", x({ type: "integer" }), 3, []],
  ["integer without a fraction", x({ type: "integer" }), 3.0, []],
  [
    "no integer",
    x({ type: "integer" }),
    "string",
    ['spec.x: Invalid value: "string": spec.x in body must be of type integer: "string"'],
  ],
  [
    "fraction",
    x({ type: "integer" }),
    1.5,
    [
      'spec.x: Invalid value: "number": spec.x in body must be of type integer: "number"',
      '<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.x',
    ],
  ],
  ["the largest of a format", x({ type: "integer", format: "int32" }), 2147483647, []],
  [
    "more than a format holds",
    x({ type: "integer", format: "int32" }),
    2147483648,
    ['<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.x'],
  ],
  [
    "more than a float holds",
    x({ type: "number", format: "float" }),
    1e39,
    ['<nil>: Invalid value: "": Checked value must be of type number with format float in spec.x'],
  ],
  [
    "more than an integer holds",
    x({ type: "integer" }),
    1e20,
    [
      'spec.x: Invalid value: "number": spec.x in body must be of type integer: "number"',
      '<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.x',
    ],
  ],
  [
    "a bound that is no integer",
    x({ type: "integer", minimum: 0.5 }),
    3,
    ['<nil>: Invalid value: "": Minimum boundary value must be of type integer (default format) in spec.x'],
  ],
  [
    "multiples of a fraction, of what may be a fraction and is an integer",
    x({ type: "number", multipleOf: 0.5 }),
    3,
    ["spec.x: Invalid value: 0: factor MultipleOf declared for spec.x must be positive: 0"],
  ],
  [
    "too many properties, with what is wrong in them",
    x({ type: "object", maxProperties: 1, properties: { a: { type: "string" } }, required: ["c"] }),
    { a: 1, b: 2 },
    [
      "spec.x: Too many: 2: must have at most 1 item",
      'spec.x.a: Invalid value: "integer": spec.x.a in body must be of type string: "integer"',
      "spec.x.c: Required value",
    ],
  ],
  ["number", x({ type: "number" }), 3, []],
  [
    "null",
    x({ type: "object" }),
    null,
    ['spec.x: Invalid value: "null": spec.x in body must be of type object: "null"'],
  ],
  ["nullable", x({ type: "object", nullable: true }), null, []],
  [
    "format of integers",
    x({ type: "integer", format: "int32" }),
    true,
    ['spec.x: Invalid value: "": spec.x in body must be of type int32: ""'],
  ],
  ["int-or-string", x({ "x-kubernetes-int-or-string": true }), "5%", []],
  [
    "neither int nor string",
    x({ "x-kubernetes-int-or-string": true }),
    true,
    ['spec.x: Invalid value: "boolean": spec.x in body must be of type integer,string: "boolean"'],
  ],
  ["anything", x({ "x-kubernetes-preserve-unknown-fields": true }), [1, { a: null }], []],
  [
    "enum",
    x({ type: "string", enum: ["a", "b"] }),
    "c",
    ['spec.x: Unsupported value: "c": supported values: "a", "b"'],
  ],
  [
    "enum of numbers",
    x({ type: "integer", enum: [1, 2] }),
    3,
    ['spec.x: Unsupported value: 3: supported values: "1", "2"'],
  ],
  ["maxLength", x({ type: "string", maxLength: 2 }), "abc", ["spec.x: Too long: may not be more than 2 bytes"]],
  ["maxLength in characters", x({ type: "string", maxLength: 2 }), "😀😀", []],
  [
    "minLength",
    x({ type: "string", minLength: 3 }),
    "😀😀",
    ['spec.x: Invalid value: "😀😀": spec.x in body should be at least 3 chars long'],
  ],
  [
    "pattern",
    x({ type: "string", pattern: "^a+$" }),
    "ab",
    ["spec.x: Invalid value: \"ab\": spec.x in body should match '^a+$'"],
  ],
  ["pattern of RE2", x({ type: "string", pattern: "\\A(?i:ab)\\z" }), "AB", []],
  [
    "pattern that would hang",
    x({ type: "string", pattern: "(a+)+$" }),
    `${"a".repeat(50)}!`,
    [
      "spec.x: Invalid value: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\": spec.x in body should match '(a+)+$'",
    ],
  ],
  [
    "format",
    x({ type: "string", format: "ipv4" }),
    "1.2.3",
    ['spec.x: Invalid value: "1.2.3": spec.x in body must be of type ipv4: "1.2.3"'],
  ],
  ["format that nobody knows", x({ type: "string", format: "color" }), "1.2.3", []],
  [
    "minimum",
    x({ type: "integer", minimum: 1 }),
    0,
    ["spec.x: Invalid value: 0: spec.x in body should be greater than or equal to 1"],
  ],
  [
    "exclusive",
    x({ type: "integer", maximum: 3, exclusiveMaximum: true }),
    3,
    ["spec.x: Invalid value: 3: spec.x in body should be less than 3"],
  ],
  [
    "large bound",
    x({ type: "number", maximum: 1000000 }),
    1000000.5,
    ["spec.x: Invalid value: 1000000.5: spec.x in body should be less than or equal to 1e+06"],
  ],
  [
    "multipleOf",
    x({ type: "number", multipleOf: 0.1 }),
    0.35,
    ["spec.x: Invalid value: 0.35: spec.x in body should be a multiple of 0.1"],
  ],
  ["is a multiple", x({ type: "number", multipleOf: 0.1 }), 0.3, []],
  [
    "minItems",
    x({ type: "array", items: {}, minItems: 1 }),
    [],
    ["spec.x: Invalid value: 0: spec.x in body should have at least 1 items"],
  ],
  ["maxItems", x({ type: "array", maxItems: 1 }), [1, 2], ["spec.x: Too many: 2: must have at most 1 item"]],
  [
    "items",
    x({ type: "array", items: { type: "string" } }),
    ["a", 1],
    ['spec.x[1]: Invalid value: "integer": spec.x[1] in body must be of type string: "integer"'],
  ],
  [
    "minProperties",
    x({ type: "object", minProperties: 1 }),
    {},
    ["spec.x: Invalid value: 0: spec.x in body should have at least 1 properties"],
  ],
  [
    "maxProperties",
    x({ type: "object", maxProperties: 1 }),
    { a: 1, b: 2 },
    ["spec.x: Too many: 2: must have at most 1 item"],
  ],
  [
    "additionalProperties",
    x({ type: "object", additionalProperties: { type: "string" } }),
    { "a.b": 1 },
    ['spec.x.a.b: Invalid value: "integer": spec.x.a.b in body must be of type string: "integer"'],
  ],
  [
    "required",
    x({ type: "object", required: ["a", "toString"] }),
    {},
    ["spec.x.a: Required value", "spec.x.toString: Required value"],
  ],
  [
    "anyOf tells of the nearest",
    x({ type: "object", anyOf: [{ required: ["a"] }, { properties: { b: { minimum: 5 } }, required: ["b"] }] }),
    { b: 1 },
    [
      '<nil>: Invalid value: "": "spec.x" must validate at least one schema (anyOf)',
      "spec.x.b: Invalid value: 1: spec.x.b in body should be greater than or equal to 5",
    ],
  ],
  [
    "oneOf none",
    x({ type: "object", oneOf: [{ required: ["a"] }, { required: ["b"] }] }),
    {},
    [
      '<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found none valid',
      "spec.x.a: Required value",
    ],
  ],
  [
    "oneOf both",
    x({ type: "object", oneOf: [{ required: ["a"] }, { required: ["b"] }] }),
    { a: 1, b: 1 },
    ['<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
  ],
  [
    "allOf",
    x({ type: "integer", allOf: [{ minimum: 2 }, { maximum: 9 }] }),
    1,
    [
      "spec.x: Invalid value: 1: spec.x in body should be greater than or equal to 2",
      '<nil>: Invalid value: "": "spec.x" must validate all the schemas (allOf)',
    ],
  ],
  [
    "not",
    x({ type: "string", not: { enum: ["a"] } }),
    "a",
    ['<nil>: Invalid value: "": "spec.x" must not validate the schema (not)'],
  ],
  [
    "set",
    x({ type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" }),
    ["a", "b", "a", "a"],
    ['spec.x[2]: Duplicate value: "a"'],
  ],
  [
    "map",
    x({
      type: "array",
      items: { type: "object", properties: { k: { type: "string" }, v: { type: "string" } } },
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["k"],
    }),
    [{ k: "a", v: "1" }, { k: "a", v: "2" }, {}, {}],
    ['spec.x[1]: Duplicate value: {"k":"a"}', "spec.x[3]: Duplicate value: {}"],
  ],
  [
    "embedded resource",
    x({ type: "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true }),
    { kind: "a b", metadata: { name: "x/y", namespace: "Z" } },
    [
      "spec.x.apiVersion: Required value",
      "spec.x.kind: Invalid value: \"a b\": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
      "spec.x.metadata.name: Invalid value: \"x/y\": may not contain '/'",
      "spec.x.metadata.namespace: Invalid value: \"Z\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ],
  ],
];

for (const [name, schema, value, errors] of cases) {
  test(`validate: ${name}`, async () => assert.deepEqual(await errorsOf(schema, { spec: { x: value } }), errors));
}

test("validate: the root", async () => {
  assert.deepEqual(await errorsOf({ type: "object", required: ["spec"] }, {}), ["spec: Required value"]);
});

const list = (more: JSONSchemaProps): JSONSchemaProps =>
  spec({
    x: {
      type: "array",
      items: { type: "object", properties: { k: { type: "string" }, v: { type: "integer", minimum: 5 } } },
      ...more,
    },
    y: { type: "integer" },
  });
const asMap = { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"] };
const tooSmall = (path: string): string =>
  `${path}: Invalid value: 1: ${path} in body should be greater than or equal to 5`;

const ratchetings: readonly [name: string, schema: JSONSchemaProps, old: unknown, now: unknown, errors: string[]][] = [
  ["a field as it was", x({ type: "integer", minimum: 5 }), { x: 1 }, { x: 1 }, []],
  ["a field that changed", x({ type: "integer", minimum: 5 }), { x: 0 }, { x: 1 }, [tooSmall("spec.x")]],
  ["a field that is new", x({ type: "integer", minimum: 5 }), {}, { x: 1 }, [tooSmall("spec.x")]],
  [
    "an element as it was, by its key",
    list(asMap),
    { x: [{ k: "a", v: 1 }] },
    {
      x: [
        { k: "b", v: 6 },
        { k: "a", v: 1 },
      ],
    },
    [],
  ],
  [
    "an element that changed",
    list(asMap),
    { x: [{ k: "a", v: 1 }] },
    { x: [{ k: "b", v: 1 }] },
    [tooSmall("spec.x[0].v")],
  ],
  ["a list as it was", list({}), { x: [{ v: 1 }], y: 1 }, { x: [{ v: 1 }], y: 2 }, []],
  ["an atomic list that changed", list({}), { x: [{ v: 1 }] }, { x: [{ v: 1 }, {}] }, [tooSmall("spec.x[0].v")]],
  ["required stays missing", spec({ y: { type: "integer" } }, { required: ["z"] }), { y: 1 }, { y: 1 }, []],
  [
    "required is told when the object changes",
    spec({ y: { type: "integer" } }, { required: ["z"] }),
    { y: 1 },
    { y: 2 },
    ["spec.z: Required value"],
  ],
  [
    "a set that had duplicates before",
    x({ type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" }),
    { x: ["a", "a"] },
    { x: ["a", "a", "a"] },
    [],
  ],
  [
    "inside allOf",
    spec({ x: { type: "integer" } }, { allOf: [{ properties: { x: { minimum: 5 } } }] }),
    { x: 1 },
    { x: 1, z: 2 },
    [],
  ],
];

test("ratcheting: not of apiVersion, which is that of the request in both objects", async () => {
  const schema = {
    type: "object",
    properties: { apiVersion: { type: "string", pattern: "v1$" }, a: { type: "string" } },
  };
  const [old, now] = [{ apiVersion: "g/v2" }, { apiVersion: "g/v2", a: "" }];
  assert.deepEqual(await errorsOf(schema, now, old), [
    "apiVersion: Invalid value: \"g/v2\": apiVersion in body should match 'v1$'",
  ]);
});

test("ratcheting: not of an object with fields that its schema does not know, which is never the same", async () => {
  const closed = { type: "object", properties: { a: { type: "string" } }, maxProperties: 1 };
  const open = { ...closed, "x-kubernetes-preserve-unknown-fields": true };
  const value = { a: "1", b: "2" };
  assert.deepEqual(await errorsOf({ ...closed, properties: { ...closed.properties, b: {} } }, value, value), []);
  assert.deepEqual(await errorsOf(open, value, value), ["<nil>: Too many: 2: must have at most 1 item"]);
});

for (const [name, schema, old, now, errors] of ratchetings) {
  test(`ratcheting: ${name}`, async () =>
    assert.deepEqual(await errorsOf(schema, { spec: now }, { spec: old }), errors));
}
