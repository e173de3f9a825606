import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import type { GroupVersionKind } from "../schema.ts";
import type { StructuralSchema } from "./structural.ts";
import { structuralViolations } from "./violations.ts";

/** A schema of OpenAPI 3.0, as JSON; references are to `#/components/schemas/…`. */
export type PublishedSchema = Readonly<Record<string, unknown>>;

export interface PublishedKind extends GroupVersionKind {
  /** 2: what OpenAPI 2.0 cannot say, and what kubectl's reading of it cannot bear, is left out. */
  readonly openapi: 2 | 3;
  readonly selectableFields?: readonly { readonly jsonPath: string }[] | undefined;
}

const META = "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.";
const CONVENTIONS = "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md";
const API_VERSION = `APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: ${CONVENTIONS}#resources`;
const KIND = `Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: ${CONVENTIONS}#types-kinds`;
const METADATA = `Standard object's metadata. More info: ${CONVENTIONS}#metadata`;

const typeMeta = {
  apiVersion: { description: API_VERSION, type: "string" },
  kind: { description: KIND, type: "string" },
};
const embeddedMeta = {
  apiVersion: { description: lowerFirst(API_VERSION, "apiVersion"), type: "string" },
  kind: { description: lowerFirst(KIND, "kind"), type: "string" },
};

/** What the API documents say of a kind: its schema with apiVersion, kind and metadata. A schema that is not structural says nothing. */
export function openapiOf(schema: StructuralSchema | undefined, of: PublishedKind): PublishedSchema {
  const { group, version, kind } = of;
  const selectable = of.selectableFields?.map(({ jsonPath }) => ({ fieldPath: jsonPath.replace(/^\./, "") })) ?? [];
  const ofKind = {
    "x-kubernetes-group-version-kind": [{ group, version, kind }],
    ...(selectable.length > 0 && { "x-kubernetes-selectable-fields": selectable }),
  };
  const isSilent =
    schema === undefined ||
    (of.openapi === 2 && schema.preserveUnknownFields) ||
    structuralViolations(schema, "").length > 0;
  // With properties, kubectl would take all others for unknown.
  if (isSilent) return { type: "object", ...ofKind };
  const published = publish(schema, of.openapi);
  const properties = {
    ...(published.properties as object | undefined),
    ...typeMeta,
    metadata: withDescription(`${META}ObjectMeta`, METADATA),
  };
  return { ...published, properties, ...ofKind };
}

/** The schema of a kind's list. @param definition name of the kind's own component */
export function openapiListOf(
  of: GroupVersionKind & { readonly plural: string; readonly listKind: string; readonly definition: string },
): PublishedSchema {
  const { group, version, kind, plural, listKind, definition } = of;
  return {
    description: `${listKind} is a list of ${kind}`,
    type: "object",
    required: ["items"],
    properties: {
      ...typeMeta,
      items: {
        description: `List of ${plural}. More info: ${CONVENTIONS}`,
        type: "array",
        items: { $ref: `#/components/schemas/${definition}` },
      },
      metadata: withDescription(`${META}ListMeta`, `Standard list metadata. More info: ${CONVENTIONS}#types-kinds`),
    },
    "x-kubernetes-group-version-kind": [{ group, version, kind: listKind }],
  };
}

const withDescription = ($ref: string, description: string): PublishedSchema => ({ allOf: [{ $ref }], description });

function lowerFirst(text: string, name: string): string {
  return `${name}${text.slice(name.length)}`;
}

/** Upstream's structural schemas do not keep these. */
const DROPPED = new Set(["id", "$schema", "externalDocs", "example", "properties", "items", "additionalProperties"]);
/** OpenAPI 2.0 has no such words. */
const DROPPED_IN_2 = new Set(["allOf", "anyOf", "oneOf", "not", "nullable"]);

function publish(schema: StructuralSchema, openapi: 2 | 3): PublishedSchema {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(unfolded(schema))) {
    if (!DROPPED.has(key) && !(openapi === 2 && DROPPED_IN_2.has(key))) result[key] = value;
  }
  // kubectl's reading of 2.0 cannot bear items or properties of what may be anything, nor lists without items.
  const isOpaque = openapi === 2 && (schema.nullable || schema.preserveUnknownFields);
  const { items, properties, additionalProperties } = schema;
  if (items !== undefined && !isOpaque) result.items = publish(items, openapi);
  if (properties !== undefined && !isOpaque) {
    result.properties = Object.fromEntries([...properties].map(([name, each]) => [name, publish(each, openapi)]));
  }
  if (additionalProperties !== undefined) {
    result.additionalProperties =
      typeof additionalProperties === "object" ? publish(additionalProperties, openapi) : additionalProperties;
  }
  if (openapi === 2) strip(result, schema);
  if (schema.embeddedResource && !(openapi === 2 && schema.preserveUnknownFields)) embed(result);
  return result;
}

function strip(result: Record<string, unknown>, schema: StructuralSchema): void {
  if (schema.nullable || (schema.type === "array" && result.items === undefined)) delete result.type;
  const values = schema.additionalProperties;
  const needed = (schema.source.required ?? []).filter((name) => schema.properties?.get(name)?.nullable !== true);
  if (needed.length === 0 || (typeof values === "object" && values.nullable)) delete result.required;
  else result.required = needed;
}

function embed(result: Record<string, unknown>): void {
  result.properties = {
    ...(result.properties as object | undefined),
    ...embeddedMeta,
    metadata: withDescription(`${META}ObjectMeta`, `s${METADATA.slice(1)}`),
  };
  const needed = (result.required as readonly string[] | undefined) ?? [];
  result.required = [...new Set([...needed, "kind", "apiVersion"])];
}

/** What int-or-string means, for readers who do not know it. */
function unfolded(schema: StructuralSchema): JSONSchemaProps {
  const { source } = schema;
  const either = { anyOf: [{ type: "integer" }, { type: "string" }] };
  if (!schema.intOrString || isEither(source.anyOf) || isEither(source.allOf?.[0]?.anyOf)) return source;
  return source.anyOf === undefined
    ? { ...source, ...either }
    : { ...source, allOf: [either, ...(source.allOf ?? [])] };
}

function isEither(anyOf: readonly JSONSchemaProps[] | undefined): boolean {
  return anyOf?.length === 2 && anyOf[0]?.type === "integer" && anyOf[1]?.type === "string";
}
