import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { cloneJson, isJsonObject, type JsonObject, setField } from "../patch/json-value.ts";

/** What a field of Go's type is, and so what it shows when a schema does not say it: `""`, false or null. */
type Shape =
  | "text"
  | "flag"
  | "pointer"
  | "schema"
  | "schemas"
  | "schemasByName"
  | "items"
  | "schemaOrFlag"
  | "docs"
  | "rules";

/** Fields of apiextensions' internal JSONSchemaProps, in their order. */
const FIELDS: readonly (readonly [goName: string, key: keyof JSONSchemaProps, shape: Shape])[] = [
  ["ID", "id", "text"],
  ["Schema", "$schema", "text"],
  ["Ref", "$ref", "pointer"],
  ["Description", "description", "text"],
  ["Type", "type", "text"],
  ["Nullable", "nullable", "flag"],
  ["Format", "format", "text"],
  ["Title", "title", "text"],
  ["Default", "default", "pointer"],
  ["Maximum", "maximum", "pointer"],
  ["ExclusiveMaximum", "exclusiveMaximum", "flag"],
  ["Minimum", "minimum", "pointer"],
  ["ExclusiveMinimum", "exclusiveMinimum", "flag"],
  ["MaxLength", "maxLength", "pointer"],
  ["MinLength", "minLength", "pointer"],
  ["Pattern", "pattern", "text"],
  ["MaxItems", "maxItems", "pointer"],
  ["MinItems", "minItems", "pointer"],
  ["UniqueItems", "uniqueItems", "flag"],
  ["MultipleOf", "multipleOf", "pointer"],
  ["Enum", "enum", "pointer"],
  ["MaxProperties", "maxProperties", "pointer"],
  ["MinProperties", "minProperties", "pointer"],
  ["Required", "required", "pointer"],
  ["Items", "items", "items"],
  ["AllOf", "allOf", "schemas"],
  ["OneOf", "oneOf", "schemas"],
  ["AnyOf", "anyOf", "schemas"],
  ["Not", "not", "schema"],
  ["Properties", "properties", "schemasByName"],
  ["AdditionalProperties", "additionalProperties", "schemaOrFlag"],
  ["PatternProperties", "patternProperties", "schemasByName"],
  ["Dependencies", "dependencies", "pointer"],
  ["AdditionalItems", "additionalItems", "schemaOrFlag"],
  ["Definitions", "definitions", "schemasByName"],
  ["ExternalDocs", "externalDocs", "docs"],
  ["Example", "example", "pointer"],
  ["XPreserveUnknownFields", "x-kubernetes-preserve-unknown-fields", "pointer"],
  ["XEmbeddedResource", "x-kubernetes-embedded-resource", "flag"],
  ["XIntOrString", "x-kubernetes-int-or-string", "flag"],
  ["XListMapKeys", "x-kubernetes-list-map-keys", "pointer"],
  ["XListType", "x-kubernetes-list-type", "pointer"],
  ["XMapType", "x-kubernetes-map-type", "pointer"],
  ["XValidations", "x-kubernetes-validations", "rules"],
];

/** A schema as upstream's errors show it: Go's struct with all of its fields, as JSON. */
export function schemaInGo(source: JSONSchemaProps): JsonObject {
  return Object.fromEntries(FIELDS.map(([goName, key, shape]) => [goName, shown(source[key], shape)]));
}

/** The schema of elements, or several of them. */
export function itemsInGo(items: JSONSchemaProps["items"]): JsonObject | null {
  if (items === undefined) return null;
  if (Array.isArray(items)) return { Schema: null, JSONSchemas: items.map(schemaInGo) };
  return { Schema: schemaInGo(items as JSONSchemaProps), JSONSchemas: null };
}

/** A rule as upstream's errors show it. */
export function ruleInGo(rule: NonNullable<JSONSchemaProps["x-kubernetes-validations"]>[number]): JsonObject {
  return {
    Rule: rule.rule,
    Message: rule.message ?? "",
    MessageExpression: rule.messageExpression ?? "",
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? "",
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
}

function shown(value: unknown, shape: Shape): unknown {
  if (value === undefined || value === null) return shape === "text" ? "" : shape === "flag" ? false : null;
  switch (shape) {
    case "schema":
      return schemaInGo(value as JSONSchemaProps);
    case "schemas":
      return (value as JSONSchemaProps[]).map(schemaInGo);
    case "schemasByName":
      return byName(value as Record<string, JSONSchemaProps>);
    case "items":
      return itemsInGo(value as JSONSchemaProps["items"]);
    case "schemaOrFlag":
      return isJsonObject(value)
        ? { Allows: true, Schema: schemaInGo(value as JSONSchemaProps) }
        : { Allows: value, Schema: null };
    case "docs": {
      const { description = "", url = "" } = value as NonNullable<JSONSchemaProps["externalDocs"]>;
      return { Description: description, URL: url };
    }
    case "rules":
      return (value as NonNullable<JSONSchemaProps["x-kubernetes-validations"]>).map(ruleInGo);
    default:
      return cloneJson(value);
  }
}

/** Go writes maps in the order of their keys. */
function byName(schemas: Readonly<Record<string, JSONSchemaProps>>): JsonObject {
  const found: JsonObject = {};
  for (const name of Object.keys(schemas).sort()) setField(found, name, schemaInGo(schemas[name]!));
  return found;
}
