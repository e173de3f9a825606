import { badRequest } from "../status.ts";
import { cloneJson, getField, isJsonObject, type JsonObject, setField } from "./json-value.ts";

/** JSON merge patch (RFC 7386): null removes, objects merge, everything else replaces. The original stays as it is. */
export function applyMergePatch(original: JsonObject, patch: unknown): JsonObject {
  if (patch === null) throw badRequest("Invalid JSON Patch");
  if (!isJsonObject(patch)) throw badRequest(`error decoding patch: ${notAnObject(patch)}`);
  return merge(original, patch);
}

/** In Go's words. */
export function notAnObject(patch: unknown): string {
  const type = Array.isArray(patch) ? "array" : typeof patch === "boolean" ? "bool" : typeof patch;
  return `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`;
}

function merge(original: unknown, patch: JsonObject): JsonObject {
  const result: JsonObject = {};
  if (isJsonObject(original)) for (const key of Object.keys(original)) setField(result, key, original[key]);
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) delete result[key];
    else if (isJsonObject(value)) setField(result, key, merge(getField(result, key), value));
    else setField(result, key, cloneJson(value));
  }
  return result;
}
