import type { CelType } from "./cel.ts";

/** What this reads of a schema in an OpenAPI v3 document. */
export interface OpenApiSchema {
  readonly $ref?: string;
  readonly allOf?: readonly OpenApiSchema[];
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  readonly additionalProperties?: OpenApiSchema | boolean;
  readonly items?: OpenApiSchema;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
}

const DYNAMIC: CelType = { kind: "dynamic" };

/**
 * Types of the schemas of one OpenAPI document, by their names in it. What a schema does not say is dynamic; types that
 * contain themselves are built as far as somebody looks.
 */
export function openApiTypes(schemas: Readonly<Record<string, OpenApiSchema>>): (name: string) => CelType {
  const known = new Map<string, CelType>();
  const named = (name: string): CelType => {
    const schema = schemas[name];
    let type = known.get(name);
    if (type === undefined && schema !== undefined) known.set(name, (type = build(schema, name)));
    return type ?? DYNAMIC;
  };
  const build = (schema: OpenApiSchema, name: string): CelType => {
    const reference = schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0]?.$ref : undefined);
    if (reference !== undefined) return named(reference.slice(reference.lastIndexOf("/") + 1));
    if (schema["x-kubernetes-int-or-string"] || schema.format === "int-or-string") return DYNAMIC;
    switch (schema.type) {
      case "object":
        return objectType(schema, name);
      case "array":
        return schema.items === undefined ? DYNAMIC : { kind: "list", element: build(schema.items, `${name}.@idx`) };
      case "string":
        return stringType(schema.format);
      case "boolean":
        return { kind: "boolean" };
      case "integer":
        return { kind: "integer" };
      case "number":
        return { kind: "double" };
      default:
        return DYNAMIC;
    }
  };
  const objectType = (schema: OpenApiSchema, name: string): CelType => {
    const { additionalProperties, properties = {} } = schema;
    if (typeof additionalProperties === "object")
      return { kind: "map", value: build(additionalProperties, `${name}.@elem`) };
    if (Object.keys(properties).length === 0 || schema["x-kubernetes-preserve-unknown-fields"]) return DYNAMIC;
    let fields: Readonly<Record<string, CelType>> | undefined;
    return {
      kind: "object",
      name,
      get fields() {
        fields ??= Object.fromEntries(
          Object.entries(properties).map(([field, property]) => [field, build(property, `${name}.${field}`)]),
        );
        return fields;
      },
    };
  };
  return named;
}

function stringType(format: string | undefined): CelType {
  switch (format) {
    case "byte":
      return { kind: "bytes" };
    case "date":
    case "date-time":
      return { kind: "timestamp" };
    case "duration":
      return { kind: "duration" };
    default:
      return { kind: "string" };
  }
}
