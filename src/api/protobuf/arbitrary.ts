import fc from "fast-check";
import type { Field, Schema } from "../schema.ts";

const schemaProps = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

const text = fc.string({ unit: "binary", minLength: 1, maxLength: 20 }).filter((value) => value.isWellFormed());
const seconds = fc.integer({ min: -62135596799, max: 253402300799 });
const json = fc
  .json()
  .map((value): unknown => JSON.parse(JSON.stringify(JSON.parse(value))))
  .filter((value) => value !== null);

/**
 * Objects of a definition as JSON shows them after a round trip: without zero values that Go leaves out, without empty
 * lists and maps, which protobuf cannot tell from absent ones. Only tests use it.
 *
 * @param depth how many references to follow
 */
export function objectOf(schema: Schema, definition: string, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const shape: Record<string, fc.Arbitrary<unknown>> = {};
  for (const [name, field] of Object.entries(schema.definitions[definition]!.fields)) {
    const value = field.number === undefined ? undefined : fieldValue(schema, field, depth);
    if (value !== undefined) shape[name] = value;
  }
  return fc.record(shape, { requiredKeys: [], noNullPrototype: true });
}

function fieldValue(schema: Schema, field: Field, depth: number): fc.Arbitrary<unknown> | undefined {
  const element = elementValue(schema, field, depth);
  if (element === undefined) return undefined;
  if (field.container === "list") return fc.array(element, { minLength: 1, maxLength: 3 });
  if (field.container === "map") return fc.dictionary(text, element, { minKeys: 1, maxKeys: 3, noNullPrototype: true });
  return element;
}

function elementValue(schema: Schema, field: Field, depth: number): fc.Arbitrary<unknown> | undefined {
  const special = field.ref === undefined ? undefined : schema.definitions[field.ref]?.special;
  switch (special) {
    case undefined:
      if (field.ref === undefined) return scalar(field);
      return depth <= 0 ? undefined : objectOf(schema, field.ref, depth - 1);
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
      return depth <= 0 ? undefined : union(special, objectOf(schema, schemaProps, depth - 1));
  }
}

function union(special: string, schema: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  if (special === "jsonSchemaPropsOrBool") return fc.oneof(fc.boolean(), schema);
  const items = special === "jsonSchemaPropsOrArray" ? schema : text;
  return fc.oneof(schema, fc.array(items, { minLength: 1, maxLength: 2 }));
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
      return fc.double({ noNaN: true }).filter((value) => value !== 0);
  }
}
