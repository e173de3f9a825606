import assert from "node:assert/strict";
import { test } from "node:test";
import type { CustomResourceDefinition, JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { validateSchemas } from "./validate-schemas.ts";

const definition = (...schemas: JSONSchemaProps[]): CustomResourceDefinition => ({
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "widgets", kind: "Widget" },
    versions: schemas.map((openAPIV3Schema, index) => ({
      name: `v${index + 1}`,
      served: true,
      storage: index === 0,
      schema: { openAPIV3Schema },
    })),
  },
});

async function errorsOf(now: JSONSchemaProps, old?: JSONSchemaProps): Promise<string[]> {
  const errors = await validateSchemas(definition(now), old === undefined ? undefined : definition(old));
  return errors.map(({ field, message }) => `${field.replace("spec.validation.openAPIV3Schema", "~")}: ${message}`);
}

const object = (properties: Record<string, JSONSchemaProps>, more: JSONSchemaProps = {}): JSONSchemaProps => ({
  type: "object",
  properties,
  ...more,
});
const x = (schema: JSONSchemaProps): JSONSchemaProps => object({ x: schema });
const text = { type: "string" };
const integer = { type: "integer" };
const asMap = { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"] };

const cases: readonly [name: string, schema: JSONSchemaProps, errors: string[]][] = [
  ["sound", x({ type: "array", items: object({ k: text }, { required: ["k"] }), ...asMap }), []],
  ["no type at the root", { properties: {} }, ["~.type: Required value: must not be empty at the root"]],
  [
    "no type of a field",
    x({}),
    ["~.properties[x].type: Required value: must not be empty for specified object fields"],
  ],
  ["no items", x({ type: "array" }), ["~.properties[x].items: Required value: must be specified"]],
  [
    "no type of items",
    x({ type: "array", items: {} }),
    ["~.properties[x].items.type: Required value: must not be empty for specified array items"],
  ],
  ["anything at all", x({ "x-kubernetes-preserve-unknown-fields": true }), []],
  [
    "int-or-string with its two types",
    x({ "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] }),
    [],
  ],
  [
    "types elsewhere in anyOf",
    x({ ...text, anyOf: [{ type: "string" }] }),
    ["~.properties[x].anyOf[0].type: Forbidden: must be empty to be structural"],
  ],
  [
    "what is said in anyOf only",
    object({ x: text }, { anyOf: [{ required: ["a"] }, { properties: { b: { minLength: 1 } } }] }),
    [
      "~.properties[b]: Required value: because it is defined in spec.validation.openAPIV3Schema.anyOf[1].properties[b]",
    ],
  ],
  [
    "metadata",
    object({ metadata: object({ name: { ...text, maxLength: 3 }, labels: { type: "object" } }) }),
    [
      "~.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified",
    ],
  ],
  ["names in metadata", object({ metadata: object({ name: { ...text, maxLength: 3 } }) }), []],
  [
    "embedded resource",
    x({ type: "object", "x-kubernetes-embedded-resource": true }),
    [
      "~.properties[x].properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
    ],
  ],
  [
    "additionalProperties at the root",
    { type: "object", additionalProperties: true },
    ["~.additionalProperties: Forbidden: must not be used at the root"],
  ],
  [
    "both kinds of properties",
    x(object({ a: text }, { additionalProperties: text })),
    ["~.properties[x].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive"],
  ],
  ["$ref", x({ ...text, $ref: "#/x" }), ["~.properties[x].$ref: Forbidden: $ref is not supported"]],
  [
    "uniqueItems",
    x({ type: "array", items: text, uniqueItems: true }),
    [
      "~.properties[x].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
    ],
  ],
  [
    "a type that is none",
    x({ type: "float" }),
    [
      '~.properties[x].type: Unsupported value: "float": supported values: "array", "boolean", "integer", "number", "object", "string"',
    ],
  ],
  [
    "a pattern that is none",
    x({ ...text, pattern: "(" }),
    [
      '~.properties[x].pattern: Invalid value: "(": must be a valid regular expression, but isn\'t: error parsing regexp: missing closing ): `(`',
    ],
  ],
  ["nullable root", { type: "object", nullable: true }, ["~.nullable: Forbidden: nullable cannot be true at the root"]],
  [
    "keys of a map",
    x({ type: "array", items: object({ k: { ...text, nullable: true } }), ...asMap }),
    [
      "~.properties[x].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
      "~.properties[x].items.properties[k].nullable: Forbidden: this property is in x-kubernetes-list-map-keys, so it cannot be nullable",
    ],
  ],
  [
    "a set of objects",
    x({ type: "array", items: object({}), "x-kubernetes-list-type": "set" }),
    [
      "~.properties[x].items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set",
    ],
  ],
  ["a default", x({ ...integer, default: 3 }), []],
  [
    "a wrong default",
    x({ ...integer, default: "a" }),
    ['~.properties[x].default: Invalid value: "string":  in body must be of type integer: "string"'],
  ],
  [
    "unknown fields in a default",
    x(object({ a: text }, { default: { b: 1 } })),
    ['~.properties[x].default: Invalid value: {"b":1}: must not have unknown fields'],
  ],
  [
    "a default of metadata",
    object({ metadata: { type: "object", default: {} } }),
    ["~.properties[metadata].default: Forbidden: must not be set in top-level metadata"],
  ],
  [
    "a default in embedded metadata",
    x({
      type: "object",
      "x-kubernetes-embedded-resource": true,
      properties: { metadata: object({ name: { ...text, default: "a/b" } }) },
    }),
    [
      '~.properties[x].properties[metadata].properties[name].default: Invalid value: "a/b": must result in valid metadata: metadata.name: Invalid value: "a/b": may not contain \'/\'',
    ],
  ],
  [
    "a default that its rule refuses",
    x({ ...integer, default: 3, "x-kubernetes-validations": [{ rule: "self > 5" }] }),
    ["~.properties[x].default: Invalid value: 3: failed rule: self > 5"],
  ],
  [
    "an empty rule",
    x({ ...integer, "x-kubernetes-validations": [{ rule: " " }] }),
    ["~.properties[x].x-kubernetes-validations[0].rule: Required value: rule is not specified"],
  ],
  [
    "a rule that is no bool",
    x({ ...integer, "x-kubernetes-validations": [{ rule: "self" }] }),
    [
      '~.properties[x].x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: cel expression must evaluate to a bool',
    ],
  ],
  [
    "a message that is no text",
    x({
      ...integer,
      "x-kubernetes-validations": [{ rule: "self > 1", messageExpression: "self", reason: "Because", fieldPath: ".a" }],
    }),
    [
      '~.properties[x].x-kubernetes-validations[0].reason: Unsupported value: "Because": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"',
      '~.properties[x].x-kubernetes-validations[0].fieldPath: Invalid value: ".a": must be a valid path',
    ],
  ],
  [
    "oldSelf where elements cannot be told apart",
    x({ type: "array", maxItems: 5, items: { ...integer, "x-kubernetes-validations": [{ rule: "self >= oldSelf" }] } }),
    [
      '~.properties[x].items.x-kubernetes-validations[0].rule: Invalid value: "self >= oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within spec.validation.openAPIV3Schema.properties[x]',
    ],
  ],
  [
    "optionalOldSelf for nothing",
    x({ ...integer, "x-kubernetes-validations": [{ rule: "self > 1", optionalOldSelf: true }] }),
    [
      "~.properties[x].x-kubernetes-validations[0].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule",
    ],
  ],
];

for (const [name, schema, errors] of cases) {
  test(`schema: ${name}`, async () => assert.deepEqual(await errorsOf(schema), errors));
}

test("schema: versions that differ are named by their place", async () => {
  const errors = await validateSchemas(definition(x(text), x({})));
  assert.deepEqual(
    errors.map(({ field }) => field),
    ["spec.versions[1].schema.openAPIV3Schema.properties[x].type"],
  );
});

test("schema: status by itself restricts what the root says", async () => {
  const made = definition({ type: "object", maxProperties: 3 });
  made.spec.versions[0]!.subresources = { status: {} };
  const [error] = await validateSchemas(made);
  assert.match(
    error!.message,
    /only \[Description Type .* XValidations\] fields are allowed at the root of the schema/,
  );
});

test("schema: rules that may be looked at too often are too expensive", async () => {
  const nested = (more: JSONSchemaProps): JSONSchemaProps =>
    x({
      type: "array",
      ...more,
      items: {
        type: "array",
        ...more,
        items: {
          ...text,
          ...(more.maxItems ? { maxLength: 10 } : {}),
          "x-kubernetes-validations": [{ rule: "self.contains('a')" }],
        },
      },
    });
  assert.deepEqual(await errorsOf(nested({ maxItems: 10 })), []);
  const errors = await errorsOf(nested({}));
  assert.match(
    errors[0] ?? "",
    /^~\.properties\[x\]\.items\.items\.x-kubernetes-validations\[0\]\.rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x \(try simplifying the rule/,
  );
  assert.match(
    errors.at(-1) ?? "",
    /^~: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget/,
  );
});

test("schema: what was so before stays", async () => {
  const unsound = x({ type: "array", items: object({ k: text }), ...asMap });
  assert.deepEqual(await errorsOf(unsound, unsound), []);
  const unpruned = x(object({ a: text }, { default: { b: 1 } }));
  assert.deepEqual(await errorsOf(unpruned, unpruned), []);
});
