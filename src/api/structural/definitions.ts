import { type JsonObject, setField } from "../patch/json-value.ts";
import type { Definition, Field, GroupVersionKind, ScalarType } from "../schema.ts";
import type { StructuralSchema } from "./structural.ts";

const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

export interface DefinedKind extends GroupVersionKind {
  /** Of the root's definition; those of its parts begin with it. */
  readonly name: string;
}

/**
 * A kind's schema as definitions of the compact schema, beside the built-in ones (of which it needs ObjectMeta): what merging
 * by server-side apply and ownership of fields go by. Structs but for the object's own metadata are as pointers are in Go: they are
 * there only where somebody wrote them. Parts that the schema says nothing about have no type, and merge as
 * their values tell: objects by field, lists as a whole.
 */
export function definitionsOf(schema: StructuralSchema, of: DefinedKind): Record<string, Definition> {
  const definitions: Record<string, Definition> = {};
  const { name, group, version, kind } = of;
  addStruct({ ...schema, embeddedResource: true }, name, definitions);
  const root = definitions[name]!;
  const fields = { ...root.fields, metadata: { ref: OBJECT_META } };
  return { ...definitions, [name]: { ...root, fields, kinds: [{ group, version, kind }] } };
}

function addStruct(schema: StructuralSchema, name: string, definitions: Record<string, Definition>): void {
  const fields: Record<string, Field> = {};
  const requiredNames = new Set(schema.source.required ?? []);
  for (const [key, property] of schema.properties ?? []) {
    const field = fieldOf(property, `${name}/${key}`, definitions);
    setField(fields as JsonObject, key, requiredNames.has(key) ? { ...field, required: true } : field);
  }
  if (schema.embeddedResource) {
    Object.assign(fields, {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { ref: OBJECT_META, pointer: true },
    });
  }
  definitions[name] = { fields, ...(schema.mapType === "atomic" ? { mapType: "atomic" } : {}) };
}

function fieldOf(schema: StructuralSchema, name: string, definitions: Record<string, Definition>): Field {
  const preset = schema.default === undefined ? {} : { default: schema.default };
  if (schema.type === "array") {
    const { listType, listMapKeys } = schema;
    return {
      ...elementOf(schema.items, `${name}/items`, definitions),
      container: "list",
      ...(isListType(listType) ? { listType } : {}),
      ...(listMapKeys === undefined ? {} : { listMapKeys }),
      ...preset,
    };
  }
  if (isMap(schema)) {
    const { additionalProperties } = schema;
    const values = typeof additionalProperties === "object" ? additionalProperties : undefined;
    return {
      ...elementOf(values, `${name}/additionalProperties`, definitions),
      container: "map",
      ...(schema.mapType === "atomic" ? { mapType: "atomic" } : {}),
      ...preset,
    };
  }
  return { ...elementOf(schema, name, definitions), ...preset };
}

const isMap = (schema: StructuralSchema): boolean =>
  schema.type === "object" && schema.properties === undefined && schema.additionalProperties !== undefined;

/** A value by itself: a scalar, a struct, or a list or map that is an element of another. Nothing for anything. */
function elementOf(
  schema: StructuralSchema | undefined,
  name: string,
  definitions: Record<string, Definition>,
): Pick<Field, "type" | "ref" | "format" | "pointer"> {
  if (schema === undefined) return {};
  const { type } = schema;
  if (isScalar(type)) {
    const { format } = schema.source;
    return { type, ...(format ? { format } : {}) };
  }
  if (type === "array" || isMap(schema)) {
    definitions[name] = { fields: {}, value: fieldOf(schema, `${name}/value`, definitions) };
    return { ref: name };
  }
  if (schema.properties === undefined && !schema.embeddedResource && schema.mapType !== "atomic") return {};
  addStruct(schema, name, definitions);
  return { ref: name, pointer: true };
}

const isScalar = (type: string | undefined): type is ScalarType =>
  type === "string" || type === "integer" || type === "number" || type === "boolean";

const isListType = (type: string | undefined): type is NonNullable<Field["listType"]> =>
  type === "atomic" || type === "set" || type === "map";
