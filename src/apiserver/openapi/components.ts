import type { Definition, Field, Schema, SpecialType } from "../../api/schema.ts";
import type { Descriptions } from "../../api/schema-data.ts";
import { type OpenapiSchema, refTo } from "./document.ts";

const patchDefinition = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";

/**
 * Builds the components that a document refers to, directly or through others.
 *
 * @param definitions names to start from; those that the schema does not have are left out
 */
export function componentSchemas(
  schema: Schema,
  descriptions: Descriptions,
  definitions: Iterable<string>,
): Record<string, OpenapiSchema> {
  const components: Record<string, OpenapiSchema> = {};
  const waiting = [...definitions];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (components[name] !== undefined) continue;
    const component = componentOf(schema, descriptions, name);
    if (component === undefined) continue;
    components[name] = component.schema;
    waiting.push(...component.refs);
  }
  return components;
}

/** One component, and the names that it refers to; undefined when the schema does not have it. */
export function componentOf(
  schema: Schema,
  descriptions: Descriptions,
  name: string,
): { readonly schema: OpenapiSchema; readonly refs: readonly string[] } | undefined {
  if (name === patchDefinition)
    return { schema: { description: "Patch is the body of a PATCH request.", type: "object" }, refs: [] };
  const definition = schema.definitions[name];
  if (definition === undefined || isInlined(definition)) return undefined;
  return {
    schema: componentSchema(definition, { texts: descriptions[name] ?? {}, schema }),
    refs: Object.values(definition.fields).flatMap(({ ref }) => ref ?? []),
  };
}

function componentSchema(
  definition: Definition,
  context: { texts: Readonly<Record<string, string>>; schema: Schema },
): OpenapiSchema {
  const described = context.texts[""] === undefined ? {} : { description: context.texts[""] };
  if (definition.special !== undefined) return { ...described, ...specialSchema(definition.special) };
  const names = Object.keys(definition.fields).sort();
  const properties = names.map((name): [string, OpenapiSchema] => {
    const field = definition.fields[name]!;
    return [name, propertySchema(field, { name, text: context.texts[name], schema: context.schema })];
  });
  const required = Object.keys(definition.fields).filter((name) => definition.fields[name]!.required);
  return {
    ...described,
    ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
    ...(required.length === 0 ? {} : { required }),
    type: "object",
    ...(definition.kinds === undefined ? {} : { "x-kubernetes-group-version-kind": definition.kinds }),
    ...(definition.mapType === undefined ? {} : { "x-kubernetes-map-type": definition.mapType }),
  };
}

/** A property: with siblings, a reference has to stand inside allOf. */
function propertySchema(
  field: Field,
  context: { name: string; text: string | undefined; schema: Schema },
): OpenapiSchema {
  const type = typeSchema(field, context.schema);
  const extensions = extensionsOf(field, context);
  if (context.text !== undefined) extensions.description = context.text;
  const value = defaultOf(field, context.schema);
  if (value !== undefined) extensions.default = value;
  if ("$ref" in type) return Object.keys(extensions).length === 0 ? type : { allOf: [type], ...extensions };
  return { ...type, ...extensions };
}

function typeSchema(field: Field, schema: Schema): OpenapiSchema {
  if (field.container === "list") return { type: "array", items: elementWithDefault(field, schema) };
  if (field.container === "map") return { type: "object", additionalProperties: elementWithDefault(field, schema) };
  return elementSchema(field, schema);
}

function elementWithDefault(field: Field, schema: Schema): OpenapiSchema {
  const element = elementSchema(field, schema);
  const value = zeroOf(field, schema);
  if (value === undefined) return element;
  return "$ref" in element ? { allOf: [element], default: value } : { ...element, default: value };
}

function elementSchema(field: Field, schema: Schema): OpenapiSchema {
  if (field.ref !== undefined) {
    const definition = schema.definitions[field.ref];
    if (definition !== undefined && isInlined(definition)) {
      return { type: "array", items: { type: "string", default: "" } };
    }
    return refTo(field.ref);
  }
  if (field.type === "bytes") return { type: "string", format: "byte" };
  return {
    ...(field.type === undefined ? {} : { type: field.type }),
    ...(field.format === undefined ? {} : { format: field.format }),
    ...(field.enum === undefined ? {} : { enum: field.enum }),
  };
}

/** Lists of strings that only protobuf wraps. */
function isInlined(definition: Definition): boolean {
  return definition.special === "extraValue" || definition.special === "verbs";
}

function extensionsOf(field: Field, context: { name: string }): Record<string, unknown> {
  const extensions: Record<string, unknown> = {};
  // The items of list kinds are no field that anybody merges.
  if (field.listType !== undefined && !(context.name === "items" && field.keepEmpty)) {
    extensions["x-kubernetes-list-type"] = field.listType;
  }
  if (field.listMapKeys !== undefined) extensions["x-kubernetes-list-map-keys"] = field.listMapKeys;
  if (field.mapType === "granular" || (field.mapType === "atomic" && field.container === "map")) {
    extensions["x-kubernetes-map-type"] = field.mapType;
  }
  if (field.patchMergeKey !== undefined) extensions["x-kubernetes-patch-merge-key"] = field.patchMergeKey;
  if (field.patchStrategy !== undefined) extensions["x-kubernetes-patch-strategy"] = field.patchStrategy;
  return extensions;
}

/** What the field has in Go when JSON gives nothing; only pointers, lists and maps have no such value. */
function defaultOf(field: Field, schema: Schema): unknown {
  if (field.default !== undefined) return field.default;
  if (field.container !== undefined || field.pointer) return undefined;
  return field.ref === undefined && !field.keepEmpty ? undefined : zeroOf(field, schema);
}

function zeroOf(field: Field, schema: Schema): unknown {
  if (field.ref !== undefined) return schema.definitions[field.ref]?.special === undefined ? {} : undefined;
  switch (field.type) {
    case "string":
      return "";
    case "integer":
    case "number":
      return 0;
    case "boolean":
      return false;
    default:
      return undefined;
  }
}

function specialSchema(special: SpecialType): OpenapiSchema {
  switch (special) {
    case "quantity":
      return { oneOf: [{ type: "string" }, { type: "number" }] };
    case "intOrString":
      return { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] };
    case "time":
    case "microTime":
      return { type: "string", format: "date-time" };
    case "raw":
    case "fieldsV1":
      return { type: "object" };
    default:
      return {};
  }
}
