import { type FieldError, invalid } from "../field-error.ts";
import { isJsonObject, type JsonObject, setField } from "../patch/json-value.ts";
import { TypeMismatchError } from "../scalar-values.ts";
import { loadSchema } from "../schema-data.ts";
import { normalizeObject } from "../unknown-fields.ts";
import { asResourceRoot, META_FIELDS, reducer } from "./compile.ts";
import type { StructuralSchema } from "./structural.ts";

const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

export interface CoerceOptions {
  /** Whether the value is an object of its own, which has metadata also where the schema does not say so. */
  readonly isResourceRoot: boolean;
  /** Drops fields of wrong types instead of telling about them: for what was stored before. */
  readonly dropInvalid: boolean;
}

export interface Coerced {
  /** Empty when `dropInvalid`. */
  readonly errors: FieldError[];
  /** Paths of fields that metadata does not have, and that are gone, sorted. */
  readonly unknownFields: string[];
}

/** Gives apiVersion, kind and metadata the form that Go's types have, in place: at the root and in embedded resources. */
export function coerceMetadata(schema: StructuralSchema, draft: unknown, options: CoerceOptions): Coerced {
  const coerced: Coerced = { errors: [], unknownFields: [] };
  const parts = withResources(schema);
  const start = options.isResourceRoot ? asResourceRoot(parts ?? { ...schema, ...NOTHING_BELOW }) : parts;
  coerce(draft, start, { path: "", coerced, dropInvalid: options.dropInvalid });
  coerced.unknownFields.sort();
  return coerced;
}

const withResources = reducer(({ embeddedResource }) => embeddedResource);

const NOTHING_BELOW = { properties: new Map<string, StructuralSchema>(), additionalProperties: false } as const;

interface At {
  readonly path: string;
  readonly coerced: Coerced;
  readonly dropInvalid: boolean;
}

function coerce(value: unknown, schema: StructuralSchema | undefined, at: At): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries())
      coerce(element, schema.items, { ...at, path: `${at.path}[${index}]` });
    return;
  }
  if (!isJsonObject(value)) return;
  for (const key of Object.keys(value)) {
    const path = at.path === "" ? key : `${at.path}.${key}`;
    if (schema.embeddedResource && META_FIELDS.has(key)) coerceMetaField(value, key, { ...at, path });
    const property = schema.properties?.get(key);
    if (property !== undefined) coerce(value[key], property, { ...at, path });
    else if (typeof schema.additionalProperties === "object") {
      coerce(value[key], schema.additionalProperties, { ...at, path: `${at.path}[${key}]` });
    }
  }
}

function coerceMetaField(object: JsonObject, key: string, at: At): void {
  if (key !== "metadata") {
    if (typeof object[key] === "string") return;
    if (at.dropInvalid) delete object[key];
    else at.coerced.errors.push(invalid(at.path, object[key], "must be a string"));
    return;
  }
  const meta = object.metadata ?? {};
  if (!isJsonObject(meta)) {
    if (!at.dropInvalid) at.coerced.errors.push(invalid(at.path, meta, typeError(meta)));
    return;
  }
  try {
    const { object: normalized, unknownFields } = normalizeObject(meta, loadSchema(), OBJECT_META);
    at.coerced.unknownFields.push(...unknownFields.map((field) => `${at.path}.${field}`));
    object.metadata = normalized;
  } catch (error) {
    if (!(error instanceof TypeMismatchError)) throw error;
    if (at.dropInvalid) object.metadata = fieldByField(meta);
    else at.coerced.errors.push(invalid(at.path, meta, error.message));
  }
}

function typeError(value: unknown): string {
  const kind = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return `json: cannot unmarshal ${kind} into Go value of type v1.ObjectMeta`;
}

/** What is left of metadata when each field that cannot be read is dropped. */
function fieldByField(meta: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(meta)) {
    const one: JsonObject = {};
    setField(one, key, meta[key]);
    try {
      Object.assign(result, normalizeObject(one, loadSchema(), OBJECT_META).object);
    } catch (error) {
      if (!(error instanceof TypeMismatchError)) throw error;
    }
  }
  return result;
}
