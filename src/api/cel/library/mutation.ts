import type { Type } from "../types/type.ts";
import { dynType, objectType, stringType } from "../types/type.ts";
import type { Overload } from "./overload.ts";
import { global } from "./overload.ts";

/** Functions that only expressions have which say how to change an object. */
export const mutationFunctions: readonly Overload[] = [
  global("jsonpatch.escapeKey", ["string"], "string", (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1")),
];

const jsonPatchFields: Readonly<Record<string, Type>> = {
  op: stringType,
  path: stringType,
  from: stringType,
  value: dynType,
};

const jsonPatch = objectType("JSONPatch", (name) =>
  Object.hasOwn(jsonPatchFields, name) ? jsonPatchFields[name] : undefined,
);

/** `JSONPatch`, and `Object` with everything below it (`Object.spec.template`): any field, of any type. */
export function mutationMessage(name: string): Type | undefined {
  if (name === "JSONPatch") return jsonPatch;
  return name === "Object" || name.startsWith("Object.") ? objectType(name, () => dynType) : undefined;
}
