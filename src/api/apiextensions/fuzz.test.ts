import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CustomResourceDefinition } from "../generated/apiextensions.k8s.io/v1.ts";
import { cloneJson, type JsonObject } from "../patch/json-value.ts";
import { TypeMismatchError } from "../scalar-values.ts";
import { loadSchema } from "../schema-data.ts";
import { compileStructural } from "../structural/compile.ts";
import { definitionsOf } from "../structural/definitions.ts";
import { openapiOf } from "../structural/openapi.ts";
import { compileRules } from "../structural/rules.ts";
import { compileValidator } from "../structural/validate.ts";
import { normalizeObject } from "../unknown-fields.ts";
import { customResourceDefinitionKind } from "./custom-resource-definition.ts";
import { definitionWarnings } from "./definition-warnings.ts";
import { validateDefinition } from "./validate-definition.ts";
import { validateSchemas } from "./validate-schemas.ts";

const DEFINITION = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition";

const text = fc.constantFrom(
  ...[
    "",
    "a",
    "__proto__",
    "object",
    "array",
    "string",
    "integer",
    "map",
    "set",
    "atomic",
    ".spec",
    "metadata",
    "(",
    "self",
    "self == oldSelf",
  ],
);
const names = fc.constantFrom("a", "metadata", "__proto__", "constructor", "");
const map = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<JsonObject> =>
  fc.array(fc.tuple(names, value), { maxLength: 2 }).map((entries) => {
    const fields = entries.map(([key, each]) => `${JSON.stringify(key)}:${JSON.stringify(each)}`);
    return JSON.parse(`{${fields.join(",")}}`) as JsonObject;
  });

const anything = fc.constantFrom<unknown>(null, 0, -1, "a", [], {}, [null], { a: null });
const rules = fc.array(
  fc.record(
    { rule: text, messageExpression: text, fieldPath: text, reason: text, optionalOldSelf: fc.boolean() },
    { requiredKeys: [] },
  ),
  { maxLength: 2 },
);

const plain = {
  type: fc.constantFrom("object", "array", "string", "integer", "", "null"),
  default: anything,
  enum: fc.array(anything, { maxLength: 2 }),
  pattern: text,
  format: text,
  maxItems: fc.constantFrom(-1, 0, 3),
  maxLength: fc.constantFrom(-1, 5),
  required: fc.array(names, { maxLength: 2 }),
  nullable: fc.boolean(),
  "x-kubernetes-list-type": text,
  "x-kubernetes-list-map-keys": fc.array(names, { maxLength: 2 }),
  "x-kubernetes-map-type": text,
  "x-kubernetes-preserve-unknown-fields": fc.boolean(),
  "x-kubernetes-embedded-resource": fc.boolean(),
  "x-kubernetes-int-or-string": fc.boolean(),
  "x-kubernetes-validations": rules,
};

function schemaOf(depth: number): fc.Arbitrary<unknown> {
  if (depth === 0) return fc.record(plain, { requiredKeys: [] });
  const inner = schemaOf(depth - 1);
  return fc.record(
    {
      ...plain,
      properties: map(inner),
      items: fc.oneof(anything, inner),
      additionalProperties: fc.oneof(fc.boolean(), inner),
      allOf: fc.array(inner, { maxLength: 1 }),
      not: inner,
    },
    { requiredKeys: [] },
  );
}

const schemas = schemaOf(2);

const versions = fc.record(
  {
    name: text,
    served: fc.boolean(),
    storage: fc.boolean(),
    deprecationWarning: text,
    schema: fc.record({ openAPIV3Schema: schemas }, { requiredKeys: [] }),
    subresources: fc.record(
      { status: fc.constant({}), scale: fc.record({ specReplicasPath: text }) },
      { requiredKeys: [] },
    ),
    additionalPrinterColumns: fc.array(fc.record({ name: text, type: text, jsonPath: text }, { requiredKeys: [] }), {
      maxLength: 2,
    }),
    selectableFields: fc.array(fc.record({ jsonPath: text }, { requiredKeys: [] }), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);

const definitions = fc.record(
  {
    metadata: fc.record({ name: text, annotations: map(text) }, { requiredKeys: [] }),
    spec: fc.record(
      {
        group: fc.constantFrom("", "a.b", "x.k8s.io"),
        scope: text,
        names: fc.record(
          { plural: text, kind: text, shortNames: fc.array(text, { maxLength: 1 }) },
          { requiredKeys: [] },
        ),
        versions: fc.array(versions, { maxLength: 2 }),
        conversion: fc.record(
          { strategy: fc.constantFrom("None", "Webhook", "x"), webhook: map(anything) },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

/** As the registry has it before validation; undefined when it is refused as malformed. */
function read(value: unknown): CustomResourceDefinition | undefined {
  try {
    const { object } = normalizeObject(cloneJson(value) as JsonObject, loadSchema(), DEFINITION);
    const draft = object as unknown as CustomResourceDefinition;
    customResourceDefinitionKind.setDefaults?.(draft as never);
    customResourceDefinitionKind.prepareForCreate?.(draft as never);
    return draft;
  } catch (error) {
    if (error instanceof TypeMismatchError) return undefined;
    throw error;
  }
}

test("any definition is sound or told why not, and what is made of its schemas never throws", async () => {
  let sound = 0;
  await fc.assert(
    fc.asyncProperty(definitions, definitions, async (one, other) => {
      const draft = read(one);
      const old = read(other);
      if (draft === undefined) return;
      const errors = [...validateDefinition(draft), ...(await validateSchemas(draft))];
      assert.ok(errors.every(({ field, message }) => field !== "" && message !== ""));
      if (old !== undefined) {
        validateDefinition(draft, old);
        await validateSchemas(draft, old);
        definitionWarnings(draft, old);
      }
      for (const { schema } of draft.spec?.versions ?? []) {
        if (schema?.openAPIV3Schema === undefined) continue;
        sound++;
        const structural = compileStructural(schema.openAPIV3Schema);
        const of = { group: "a.b", version: "v1", kind: "X" };
        definitionsOf(structural, { ...of, name: "n" });
        openapiOf(structural, { ...of, openapi: 2 });
        const validate = await compileValidator(structural);
        const compiled = await compileRules(structural);
        for (const object of [{}, { a: [{}], metadata: {} }, { a: { a: "x" } }]) {
          validate(object, { a: [{}] });
          compiled?.validate(object, { a: { a: "y" } });
        }
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(sound > 10);
});
