import { type FieldError, invalid, required } from "../field-error.ts";
import type { ObjectMeta } from "../meta.ts";
import { dns1035LabelErrors } from "../names.ts";
import { validateObjectMeta } from "../object-meta.ts";
import { isJsonObject, type JsonObject } from "../patch/json-value.ts";
import type { StructuralSchema } from "./structural.ts";

/** What is wrong with apiVersion, kind and metadata of the embedded resources in an object, which has been coerced before. */
export function validateEmbeddedMetadata(schema: StructuralSchema, value: unknown, path = ""): FieldError[] {
  const errors: FieldError[] = [];
  walk(value, schema, { path, errors });
  return errors;
}

interface At {
  readonly path: string;
  readonly errors: FieldError[];
}

function walk(value: unknown, schema: StructuralSchema | undefined, at: At): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) walk(each, schema.items, { ...at, path: `${at.path}[${index}]` });
    return;
  }
  if (!isJsonObject(value)) return;
  if (schema.embeddedResource) at.errors.push(...resourceErrors(value, at.path));
  for (const [key, property] of schema.properties ?? []) {
    if (Object.hasOwn(value, key)) walk(value[key], property, { ...at, path: child(at.path, key) });
  }
  const { additionalProperties, properties } = schema;
  if (typeof additionalProperties !== "object") return;
  for (const key of Object.keys(value)) {
    if (properties?.has(key) !== true) walk(value[key], additionalProperties, { ...at, path: `${at.path}[${key}]` });
  }
}

const child = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);

function resourceErrors(resource: JsonObject, path: string): FieldError[] {
  return [
    ...textErrors(resource, child(path, "apiVersion"), (text) =>
      text.split("/").length > 2 ? `unexpected GroupVersion string: ${text}` : undefined,
    ),
    ...textErrors(resource, child(path, "kind"), (text) => {
      const errors = dns1035LabelErrors(text.toLowerCase());
      return errors.length === 0 ? undefined : `may have mixed case, but should otherwise match: ${errors.join(",")}`;
    }),
    ...metadataErrors(resource.metadata, child(path, "metadata")),
  ];
}

function textErrors(resource: JsonObject, path: string, rule: (text: string) => string | undefined): FieldError[] {
  const key = path.slice(path.lastIndexOf(".") + 1);
  const value = Object.hasOwn(resource, key) ? resource[key] : undefined;
  if (value === undefined || value === "") return [required(path)];
  if (typeof value !== "string") return [invalid(path, value, "must be a string")];
  const error = rule(value);
  return error === undefined ? [] : [invalid(path, value, error)];
}

/** Names may be anything that can stand in a path: the resource is of no known kind. */
function metadataErrors(metadata: unknown, field: string): FieldError[] {
  if (!isJsonObject(metadata)) return [];
  const meta = metadata as ObjectMeta;
  const named = meta.name ? meta : { ...meta, name: "fakename" };
  return validateObjectMeta(named, { namespaced: Boolean(meta.namespace), nameRule: "pathSegment", field });
}
