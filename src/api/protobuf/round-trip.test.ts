import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { apiVersionOf } from "../meta.ts";
import type { Field } from "../schema.ts";
import { loadSchema } from "../schema-data.ts";
import { decodeObject } from "./decode.ts";
import { encodeObject } from "./encode.ts";
import { encodeStored } from "./encode-stored.ts";
import { isProtobufKind } from "./messages.ts";

const schema = loadSchema();

const schemaProps = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

const text = fc.string({ unit: "binary", minLength: 1, maxLength: 20 }).filter((value) => value.isWellFormed());
const seconds = fc.integer({ min: -62135596799, max: 253402300799 });
const json = fc
  .json()
  .map((value): unknown => JSON.parse(JSON.stringify(JSON.parse(value))))
  .filter((value) => value !== null);

/**
 * Objects of a definition as JSON shows them after a round trip: without zero values that Go leaves out, without empty
 * lists and maps, which protobuf cannot tell from absent ones.
 *
 * @param depth how many references to follow
 */
function objectOf(definition: string, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const shape: Record<string, fc.Arbitrary<unknown>> = {};
  for (const [name, field] of Object.entries(schema.definitions[definition]!.fields)) {
    const value = field.number === undefined ? undefined : fieldValue(field, depth);
    if (value !== undefined) shape[name] = value;
  }
  return fc.record(shape, { requiredKeys: [], noNullPrototype: true });
}

function fieldValue(field: Field, depth: number): fc.Arbitrary<unknown> | undefined {
  const element = elementValue(field, depth);
  if (element === undefined) return undefined;
  if (field.container === "list") return fc.array(element, { minLength: 1, maxLength: 3 });
  if (field.container === "map") return fc.dictionary(text, element, { minKeys: 1, maxKeys: 3, noNullPrototype: true });
  return element;
}

function elementValue(field: Field, depth: number): fc.Arbitrary<unknown> | undefined {
  const special = field.ref === undefined ? undefined : schema.definitions[field.ref]?.special;
  switch (special) {
    case undefined:
      if (field.ref === undefined) return scalar(field);
      return depth <= 0 ? undefined : objectOf(field.ref, depth - 1);
    case "quantity":
      return fc.constantFrom("1", "100m", "1.5Gi", "-3", "0");
    case "intOrString":
      return fc.oneof(fc.integer(), text);
    case "time":
      return seconds.map((value) => `${new Date(value * 1000).toISOString().slice(0, 19)}Z`);
    case "microTime":
      return fc
        .tuple(seconds, fc.integer({ min: 0, max: 999999 }))
        .map(
          ([value, micro]) => `${new Date(value * 1000).toISOString().slice(0, 19)}.${String(micro).padStart(6, "0")}Z`,
        );
    case "extraValue":
    case "verbs":
      return fc.array(text);
    case "raw":
    case "fieldsV1":
    case "json":
      return json;
    default:
      return depth <= 0 ? undefined : union(special, objectOf(schemaProps, depth - 1));
  }
}

function union(special: string, props: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  if (special === "jsonSchemaPropsOrBool") return fc.oneof(fc.boolean(), props);
  const items = special === "jsonSchemaPropsOrArray" ? props : text;
  return fc.oneof(props, fc.array(items, { minLength: 1, maxLength: 2 }));
}

function scalar(field: Field): fc.Arbitrary<unknown> {
  const inContainer = field.container !== undefined;
  switch (field.type) {
    case "string":
      return text;
    case "bytes":
      return fc.uint8Array({ minLength: 1, maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString("base64"));
    case "boolean":
      return field.pointer || field.keepEmpty || inContainer ? fc.boolean() : fc.constant(true);
    case "integer":
      return (field.format === "int32" ? fc.integer() : fc.maxSafeInteger()).filter((value) => value !== 0);
    default:
      return fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => value !== 0);
  }
}

test("every kind survives being written and read", () => {
  for (const [definition, { kinds }] of Object.entries(schema.definitions)) {
    const of = kinds?.[0];
    if (of === undefined || !isProtobufKind(apiVersionOf(of), of.kind)) continue;
    const typeMeta = { apiVersion: apiVersionOf(of), kind: of.kind };
    fc.assert(
      fc.property(objectOf(definition, 6), (fields) => {
        const object = { ...fields, ...typeMeta };
        assert.deepEqual(decodeObject(encodeObject(object)).object, object);
        assert.deepEqual(decodeObject(encodeStored(Buffer.from(JSON.stringify(object)), typeMeta)).object, object);
      }),
      { numRuns: 12 },
    );
  }
});
