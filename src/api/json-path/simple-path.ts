import { getField, isJsonObject, type JsonObject, setField } from "../patch/json-value.ts";

/** Names of fields, from the outside in, e.g. of `.spec.replicas`: paths of scale subresources and of selectable fields. */
export type SimplePath = readonly string[];

/** Reads a path in dot notation. */
export function parseSimplePath(text: string): SimplePath {
  return text.replace(/^\./, "").split(".");
}

/** What is at the path; undefined when something on the way is missing or no object. */
export function getAtPath(object: unknown, path: SimplePath): unknown {
  let at = object;
  for (const name of path) {
    if (!isJsonObject(at)) return undefined;
    at = getField(at, name);
  }
  return at;
}

/**
 * Puts a value at the path, in place; objects on the way are made where they are missing.
 *
 * @returns false when something on the way is no object
 */
export function setAtPath(object: JsonObject, path: SimplePath, value: unknown): boolean {
  let at = object;
  for (const name of path.slice(0, -1)) {
    if (getField(at, name) === undefined) setField(at, name, {});
    const next = getField(at, name);
    if (!isJsonObject(next)) return false;
    at = next;
  }
  setField(at, path.at(-1)!, value);
  return true;
}

/** The value that a field selector compares: strings as they are, booleans and numbers as text, empty where there is none. */
export function selectableText(object: unknown, path: SimplePath): string {
  const value = getAtPath(object, path);
  return value === undefined || value === null ? "" : String(value);
}
