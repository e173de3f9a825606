import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { cloneJson, type JsonObject } from "../patch/json-value.ts";
import { coerceMetadata } from "./coerce-metadata.ts";
import { compileStructural } from "./compile.ts";
import { applyDefaults, pruneNulls } from "./defaults.ts";
import { normalizeCustomResource } from "./normalize.ts";
import { prune } from "./prune.ts";
import { compileValidator } from "./validate.ts";

const names = fc.constantFrom("a", "b", "metadata", "__proto__", "constructor", "toString", "kind");

const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, 0, 1.5, -1, "", "a", "10.0.0.1"),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(fc.tuple(names, tie("value")), { maxLength: 4 }).map(objectFrom),
  ),
})).value;

const documents = fc.array(fc.tuple(names, json), { maxLength: 5 }).map(objectFrom);

const schemas = fc.letrec<{ schema: JSONSchemaProps }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record(
      {
        type: fc.constantFrom("string", "integer", "number", "boolean"),
        default: fc.constantFrom<unknown>("a", 1, null),
        nullable: fc.boolean(),
        enum: fc.constantFrom<unknown[]>(["a"], [1, null]),
        pattern: fc.constantFrom("^a$", "("),
        minimum: fc.constantFrom(0, 1.5),
        minLength: fc.constant(1),
        format: fc.constantFrom("ipv4", "int32", "__proto__"),
      },
      { requiredKeys: ["type"] },
    ),
    fc.constant<JSONSchemaProps>({ "x-kubernetes-preserve-unknown-fields": true }),
    fc.record(
      {
        type: fc.constant("object"),
        properties: fc
          .array(fc.tuple(names, tie("schema")), { maxLength: 3 })
          .map((entries) => objectFrom(entries) as Record<string, JSONSchemaProps>),
        required: fc.constantFrom<string[]>(["a"], ["__proto__"]),
        default: documents,
        "x-kubernetes-embedded-resource": fc.boolean(),
        "x-kubernetes-preserve-unknown-fields": fc.constant(true),
      },
      { requiredKeys: ["type"] },
    ),
    fc.record({ type: fc.constant("object"), additionalProperties: fc.oneof(fc.boolean(), tie("schema")) }),
    fc.record(
      {
        type: fc.constant("array"),
        items: tie("schema"),
        "x-kubernetes-list-type": fc.constantFrom("set", "map", "atomic"),
        "x-kubernetes-list-map-keys": fc.constantFrom<string[]>(["a"], ["a", "__proto__"]),
      },
      { requiredKeys: ["type", "items"] },
    ),
    fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }), not: tie("schema") }),
  ),
})).schema;

function objectFrom(entries: readonly (readonly [string, unknown])[]): JsonObject {
  const text = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return JSON.parse(`{${text.join(",")}}`) as JsonObject;
}

const runs = { numRuns: 400 };

test("pruning once is pruning enough, and nothing is told twice", () => {
  fc.assert(
    fc.property(schemas, documents, (source, document) => {
      const schema = compileStructural(source);
      prune(schema, document, { isResourceRoot: true });
      const once = JSON.stringify(document);
      assert.deepEqual(prune(schema, document, { isResourceRoot: true }), []);
      assert.equal(JSON.stringify(document), once);
    }),
    runs,
  );
});

test("defaults filled in once are filled in", () => {
  fc.assert(
    fc.property(schemas, documents, (source, document) => {
      const schema = compileStructural(source);
      const fill = (): string => {
        pruneNulls(schema, document);
        applyDefaults(schema, document);
        return JSON.stringify(document);
      };
      // A default may itself lack defaults and hold nulls that are not allowed: the second time sees to these.
      fill();
      const once = fill();
      assert.equal(fill(), once);
    }),
    runs,
  );
});

test("normalizing the store's objects never throws and reaches no prototype", () => {
  fc.assert(
    fc.property(schemas, documents, (source, document) => {
      const schema = compileStructural(source);
      normalizeCustomResource(schema, document, { dropInvalid: true });
      coerceMetadata(schema, document, { isResourceRoot: false, dropInvalid: false });
      assert.equal(Object.getPrototypeOf(document), Object.prototype);
      assert.equal(({} as Record<string, unknown>).a, undefined);
    }),
    runs,
  );
});

test("validating never throws", async () => {
  await fc.assert(
    fc.asyncProperty(schemas, documents, documents, async (source, document, old) => {
      const validate = await compileValidator(compileStructural(source));
      const errors = validate(document);
      assert.ok(errors.every(({ field, message }) => field !== "" && message !== ""));
      validate(document, old);
      validate(document, cloneJson(document));
    }),
    runs,
  );
});
