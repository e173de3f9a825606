import { isJsonObject } from "../patch/json-value.ts";
import type { StructuralSchema } from "./structural.ts";

/** Looks at one value that a schema describes; the path is as errors name it. */
export type Visit = (value: unknown, schema: StructuralSchema, path: string) => void;

/** Visits a value and everything in it that the schema describes, from the outside in. */
export function walk(value: unknown, schema: StructuralSchema, visit: Visit, path = ""): void {
  visit(value, schema, path);
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return;
    for (const [index, each] of value.entries()) walk(each, items, visit, `${path}[${index}]`);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [key, property] of schema.properties ?? []) {
    if (Object.hasOwn(value, key)) walk(value[key], property, visit, childPath(path, key));
  }
  const { additionalProperties, properties } = schema;
  if (typeof additionalProperties !== "object") return;
  for (const key of Object.keys(value)) {
    if (properties?.has(key) !== true) walk(value[key], additionalProperties, visit, `${path}[${key}]`);
  }
}

/** The path of a field of what is at a path. */
export function childPath(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}
