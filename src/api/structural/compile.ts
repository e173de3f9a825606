import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import type { StructuralSchema } from "./structural.ts";

/**
 * Takes a version's schema apart. It need not be structural (`structuralViolations` says so): what cannot be part of a structural
 * schema is left out.
 *
 * @param source spec.versions[…].schema.openAPIV3Schema; it is kept, and must not change afterwards
 */
export function compileStructural(source: JSONSchemaProps): StructuralSchema {
  const properties = Object.entries(source.properties ?? {});
  const { additionalProperties, items } = source;
  return {
    ...optional("type", source.type || undefined),
    ...optional(
      "properties",
      properties.length === 0
        ? undefined
        : new Map(properties.map(([name, property]) => [name, compileStructural(property)])),
    ),
    ...optional(
      "additionalProperties",
      typeof additionalProperties === "object" ? compileStructural(additionalProperties) : additionalProperties,
    ),
    ...optional("items", items === undefined || Array.isArray(items) ? undefined : compileStructural(items)),
    nullable: source.nullable === true,
    // JSON null is how Go sees a default that is not there.
    ...optional("default", source.default ?? undefined),
    preserveUnknownFields: source["x-kubernetes-preserve-unknown-fields"] === true,
    embeddedResource: source["x-kubernetes-embedded-resource"] === true,
    intOrString: source["x-kubernetes-int-or-string"] === true,
    ...optional("listType", source["x-kubernetes-list-type"]),
    ...optional("listMapKeys", source["x-kubernetes-list-map-keys"]),
    ...optional("mapType", source["x-kubernetes-map-type"]),
    source,
  };
}

/** The same schema for objects that keep all fields which it does not specify, wherever they stand. */
export function preservingAll(schema: StructuralSchema): StructuralSchema {
  const { properties, items, additionalProperties, ...rest } = schema;
  return {
    ...rest,
    preserveUnknownFields: true,
    ...optional(
      "properties",
      properties && new Map([...properties].map(([name, property]) => [name, preservingAll(property)])),
    ),
    ...(typeof additionalProperties === "object" && { additionalProperties: preservingAll(additionalProperties) }),
    ...optional("items", items && preservingAll(items)),
  };
}

/** The schema as that of an object of its own: apiVersion, kind and metadata are there without being specified. */
export function asResourceRoot(schema: StructuralSchema): StructuralSchema {
  return schema.embeddedResource ? schema : { ...schema, embeddedResource: true };
}

/** The schema of a field of an object; undefined when the schema says nothing about it. */
export function schemaOfField(schema: StructuralSchema | undefined, name: string): StructuralSchema | undefined {
  const property = schema?.properties?.get(name);
  if (property !== undefined) return property;
  return typeof schema?.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

/** The schema reduced to what leads to parts of that sort; undefined when it has none. Walks of large schemas skip the rest. */
export function partsWith(
  schema: StructuralSchema,
  isWanted: (part: StructuralSchema) => boolean,
): StructuralSchema | undefined {
  const properties = [...(schema.properties ?? [])].flatMap(([name, property]): [string, StructuralSchema][] => {
    const reduced = partsWith(property, isWanted);
    return reduced === undefined ? [] : [[name, reduced]];
  });
  const items = schema.items === undefined ? undefined : partsWith(schema.items, isWanted);
  const { additionalProperties } = schema;
  const values = typeof additionalProperties === "object" ? partsWith(additionalProperties, isWanted) : undefined;
  if (!isWanted(schema) && properties.length === 0 && items === undefined && values === undefined) return undefined;
  const { properties: _, items: __, additionalProperties: ___, ...rest } = schema;
  return {
    ...rest,
    ...optional("properties", properties.length === 0 ? undefined : new Map(properties)),
    ...optional("items", items),
    ...optional("additionalProperties", values),
  };
}

/** The same, remembered for each schema as long as that lives. */
export function reducer(
  isWanted: (part: StructuralSchema) => boolean,
): (schema: StructuralSchema) => StructuralSchema | undefined {
  const known = new WeakMap<StructuralSchema, { readonly parts: StructuralSchema | undefined }>();
  return (schema) => {
    let found = known.get(schema);
    if (found === undefined) {
      found = { parts: partsWith(schema, isWanted) };
      known.set(schema, found);
    }
    return found.parts;
  };
}

/** Fields of every object of Kubernetes, which its schema need not name. */
export const META_FIELDS: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"]);

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}
