import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { equalJson, getField, isJsonObject } from "../patch/json-value.ts";

/**
 * Ratcheting: which part of the old object a part of the new one continues. Fields of objects do by name, elements of lists
 * by their keys where the list is a map; elements of other lists do not. `undefined` stands for "none": JSON has no such value.
 */

/** The schema of a field: a property's own, or that of all other keys. */
export function fieldSchema(schema: JSONSchemaProps | undefined, name: string): JSONSchemaProps | undefined {
  const properties = schema?.properties;
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name];
  return typeof schema?.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

export function itemSchema(schema: JSONSchemaProps | undefined): JSONSchemaProps | undefined {
  return Array.isArray(schema?.items) ? undefined : schema?.items;
}

export const correlatedField = (old: unknown, name: string): unknown =>
  isJsonObject(old) ? getField(old, name) : undefined;

/** Finds for an element of the new list the old one; always undefined for lists that are not maps. */
export function correlatedElements(schema: JSONSchemaProps | undefined, old: unknown): (element: unknown) => unknown {
  const keys = keysOf(schema);
  if (keys === undefined || !Array.isArray(old)) return () => undefined;
  const byKey = new Map<string, unknown>();
  for (const element of old) {
    const key = elementKey(element, keys);
    if (key !== undefined && !byKey.has(key)) byKey.set(key, element);
  }
  return (element) => {
    const key = elementKey(element, keys);
    return key === undefined ? undefined : byKey.get(key);
  };
}

const keysOf = (schema: JSONSchemaProps | undefined): readonly string[] | undefined =>
  schema?.["x-kubernetes-list-type"] === "map" ? schema["x-kubernetes-list-map-keys"] : undefined;

function elementKey(element: unknown, keys: readonly string[]): string | undefined {
  if (!isJsonObject(element)) return undefined;
  return JSON.stringify(keys.map((key) => getField(element, key) ?? null));
}

/**
 * Whether two values are the same, but for the order of lists that are maps. As upstream, an object with fields that its
 * schema does not have is never the same: what does not know a field correlates nothing with it.
 */
export function isUnchanged(schema: JSONSchemaProps | undefined, value: unknown, old: unknown): boolean {
  if (Array.isArray(value)) {
    if (!Array.isArray(old) || old.length !== value.length) return false;
    if (keysOf(schema) === undefined) return equalJson(value, old);
    const correlated = correlatedElements(schema, old);
    return value.every((element) => {
      const before = correlated(element);
      return before !== undefined && isUnchanged(itemSchema(schema), element, before);
    });
  }
  if (!isJsonObject(value) || !isJsonObject(old)) return value === old;
  const keys = Object.keys(value);
  return (
    keys.length === Object.keys(old).length &&
    keys.every((key) => {
      const field = fieldSchema(schema, key);
      return field !== undefined && Object.hasOwn(old, key) && isUnchanged(field, value[key], old[key]);
    })
  );
}
