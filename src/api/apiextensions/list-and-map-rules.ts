import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { itemsInGo } from "./schema-in-go.ts";

const LIST = "x-kubernetes-list-type";
const KEYS = "x-kubernetes-list-map-keys";
const MAP = "x-kubernetes-map-type";

/** What is wrong with how a list or a map is said to merge. */
export function listAndMapErrors(
  source: JSONSchemaProps,
  field: string,
  options: { readonly requiresAtomicSets: boolean; readonly requiresSoundListMaps: boolean },
): FieldError[] {
  const errors: FieldError[] = [];
  const mapType = source[MAP];
  const listType = source[LIST];
  if (mapType !== undefined && source.type !== "object")
    errors.push(wrongType(source, field, `must be object if ${MAP} is specified`));
  if (mapType !== undefined && !["atomic", "granular"].includes(mapType)) {
    errors.push(notSupported(`${field}.${MAP}`, mapType, ["atomic", "granular"]));
  }
  if (listType !== undefined && source.type !== "array") {
    errors.push(wrongType(source, field, `must be array if ${LIST} is specified`));
  } else if (options.requiresAtomicSets) errors.push(...setErrors(source, field));
  if (listType !== undefined && !["atomic", "set", "map"].includes(listType)) {
    errors.push(notSupported(`${field}.${LIST}`, listType, ["atomic", "set", "map"]));
  }
  const keys = source[KEYS] ?? [];
  if (keys.length > 0 && listType !== "map") {
    const detail = `must be map if ${KEYS} is non-empty`;
    errors.push(
      listType === undefined ? required(`${field}.${LIST}`, detail) : invalid(`${field}.${LIST}`, listType, detail),
    );
  }
  if (listType === "map") errors.push(...listMapErrors(source, field, keys));
  if (options.requiresSoundListMaps) errors.push(...unsoundKeys(source, field));
  return errors;
}

function wrongType({ type }: JSONSchemaProps, field: string, detail: string): FieldError {
  return type ? invalid(`${field}.type`, type, detail) : required(`${field}.type`, detail);
}

/** A set compares its elements as wholes: they must not merge by parts. */
export function setErrors(source: JSONSchemaProps, field: string): FieldError[] {
  const { items } = source;
  if (source[LIST] !== "set" || items === undefined || Array.isArray(items)) return [];
  const detail = `must be atomic as item of a list with ${LIST}=set`;
  const listType = items[LIST];
  if (items.type === "array" && listType !== undefined && listType !== "atomic") {
    return [invalid(`${field}.items.${LIST}`, listType, detail)];
  }
  if (items.type === "object" && items[MAP] !== "atomic") {
    return [invalid(`${field}.items.${MAP}`, listType ?? null, detail)];
  }
  return [];
}

function listMapErrors(source: JSONSchemaProps, field: string, keys: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  if (keys.length === 0) errors.push(required(`${field}.${KEYS}`, `must not be empty if ${LIST} is map`));
  const { items } = source;
  if (items === undefined) return [...errors, required(`${field}.items`, `must have a schema if ${LIST} is map`)];
  if (Array.isArray(items))
    return [...errors, invalid(`${field}.items`, itemsInGo(items), `must only have a single schema if ${LIST} is map`)];
  if (items.type !== "object") {
    const detail = `must be object if parent array's ${LIST} is map`;
    return [...errors, invalid(`${field}.items.type`, items.type ?? "", detail)];
  }
  const seen = new Set<string>();
  for (const key of keys) {
    const property = Object.hasOwn(items.properties ?? {}, key) ? items.properties?.[key] : undefined;
    if (property === undefined) {
      errors.push(invalid(`${field}.${KEYS}`, keys, "entries must all be names of item properties"));
    } else if (property.type === "array" || property.type === "object") {
      const detail = `must be a scalar type if parent array's ${LIST} is map`;
      errors.push(invalid(`${field}.items.properties[${key}].type`, items.type, detail));
    }
    if (seen.has(key)) errors.push(invalid(`${field}.${KEYS}`, keys, "must not contain duplicate entries"));
    seen.add(key);
  }
  return errors;
}

/** Elements, and the fields that tell them apart, must be there. */
export function unsoundKeys(source: JSONSchemaProps, field: string): FieldError[] {
  const { items } = source;
  const listType = source[LIST];
  if (items === undefined || Array.isArray(items) || (listType !== "set" && listType !== "map")) return [];
  const errors: FieldError[] = [];
  if (items.nullable) {
    errors.push(forbiddenField(`${field}.items.nullable`, `cannot be nullable when ${LIST} is ${listType}`));
  }
  if (listType === "set") return errors;
  for (const key of source[KEYS] ?? []) {
    const property = Object.hasOwn(items.properties ?? {}, key) ? items.properties?.[key] : undefined;
    if (property === undefined) continue;
    const at = `${field}.items.properties[${key}]`;
    if (!items.required?.includes(key) && (property.default ?? undefined) === undefined) {
      const detail = `this property is in ${KEYS}, so it must have a default or be a required property`;
      errors.push(required(`${at}.default`, detail));
    }
    if (property.nullable) {
      errors.push(forbiddenField(`${at}.nullable`, `this property is in ${KEYS}, so it cannot be nullable`));
    }
  }
  return errors;
}
