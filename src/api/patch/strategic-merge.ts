import type { Field, Schema } from "../schema.ts";
import { badRequest, failure } from "../status.ts";
import { cloneJson, getField, isJsonObject, type JsonObject, setField } from "./json-value.ts";
import { identityOf, identityText, indexByIdentity, orderMerged } from "./list-order.ts";
import { notAnObject } from "./merge-patch.ts";

const PATCH = "$patch";
const RETAIN_KEYS = "$retainKeys";
const DELETE_FROM_LIST = "$deleteFromPrimitiveList/";
const ELEMENT_ORDER = "$setElementOrder/";

/** What is known about a value's type: its definition for objects, or the one element type of a map from strings. */
interface ValueType {
  readonly definition?: string | undefined;
  readonly mapOf?: Field | undefined;
}

/**
 * Strategic merge patch by the schema's patch strategies and merge keys. The original stays as it is.
 * @param definition name of the object's definition in the schema
 * @throws StatusError 400 for a malformed patch, 422 for one that does not fit the type
 */
export function applyStrategicMergePatch(
  original: JsonObject,
  patch: unknown,
  options: { schema: Schema; definition: string },
): JsonObject {
  if (!isJsonObject(patch)) throw badRequest(notAnObject(patch));
  return mergeObject(original, patch, { schema: options.schema, type: { definition: options.definition } });
}

interface Context {
  readonly schema: Schema;
  readonly type: ValueType;
}

function mergeObject(original: JsonObject, patch: JsonObject, context: Context): JsonObject {
  const directive = getField(patch, PATCH);
  if (directive === "delete") return {};
  if (directive === "replace") return withoutDirectives(patch) as JsonObject;
  if (directive !== undefined && directive !== "merge") throw badPatchType(directive, patch);
  const result: JsonObject = {};
  for (const key of Object.keys(original)) setField(result, key, original[key]);
  retainKeys(result, patch);
  for (const key of Object.keys(patch)) {
    if (key === PATCH || key === RETAIN_KEYS || key.startsWith(ELEMENT_ORDER)) continue;
    if (key.startsWith(DELETE_FROM_LIST)) deleteFromList(result, key.slice(DELETE_FROM_LIST.length), patch[key]);
    else mergeField(result, key, { ...context, patch });
  }
  for (const key of Object.keys(patch)) {
    if (key.startsWith(ELEMENT_ORDER)) setElementOrder(result, key, { ...context, original, patch });
  }
  return result;
}

function mergeField(result: JsonObject, key: string, context: Context & { patch: JsonObject }): void {
  const value = context.patch[key];
  const before = getField(result, key);
  if (value === null) {
    delete result[key];
    return;
  }
  const field = fieldOf(context, key);
  const strategies = field?.patchStrategy?.split(",") ?? [];
  if (isJsonObject(before) && isJsonObject(value)) {
    const replaced = strategies.includes("replace");
    const child = { schema: context.schema, type: typeOf(field) };
    setField(result, key, replaced ? withoutDirectives(value) : mergeObject(before, value, child));
  } else if (Array.isArray(before) && Array.isArray(value) && strategies.includes("merge")) {
    setField(result, key, mergeList(before, value, { schema: context.schema, field: field!, key }));
  } else {
    setField(result, key, withoutDirectives(value));
  }
}

interface ListContext {
  readonly schema: Schema;
  readonly field: Field;
  readonly key: string;
}

function mergeList(original: readonly unknown[], patch: readonly unknown[], context: ListContext): unknown[] {
  if (original.length === 0 && patch.length === 0) return [];
  const elements = [...original, ...patch];
  if (elements.some(Array.isArray)) throw unprocessable("lists of lists are not supported");
  const objects = elements.filter(isJsonObject).length;
  if (objects !== 0 && objects !== elements.length) {
    throw unprocessable(`list element types are not identical: ${JSON.stringify(elements)}`);
  }
  if (objects === 0) {
    const merged = [...new Set(elements)];
    return orderMerged(merged, patch, { original, mergeKey: "" });
  }
  const mergeKey = context.field.patchMergeKey ?? "";
  if (mergeKey === "") throw unprocessable(`cannot merge lists without merge key for field ${context.key}`);
  const { kept, additions } = applyElementDirectives(original as JsonObject[], patch as JsonObject[], mergeKey);
  const merged: unknown[] = [...kept];
  const indexes = indexByIdentity(merged, mergeKey);
  let last = indexes.size === merged.length ? -1 : Number.POSITIVE_INFINITY;
  for (const element of additions) {
    const identity = identityText(keyValue(element, mergeKey));
    const index = indexes.get(identity);
    last = index !== undefined && index > last ? index : Number.POSITIVE_INFINITY;
    if (index === undefined) indexes.set(identity, merged.push(withoutDirectives(element)) - 1);
    else {
      const type = { definition: context.field.ref };
      merged[index] = mergeObject(merged[index] as JsonObject, element, { schema: context.schema, type });
    }
  }
  // Elements that are there, in their order, as heartbeats name them: they stay where they are.
  if (last < merged.length) return merged;
  return orderMerged(merged, additions, { original: kept, mergeKey });
}

/** Handles elements such as `{$patch: delete, name: x}`; what is left of the patch is merged element by element. */
function applyElementDirectives(
  original: readonly JsonObject[],
  patch: readonly JsonObject[],
  mergeKey: string,
): { kept: JsonObject[]; additions: JsonObject[] } {
  const deleted = new Set<string>();
  let replaced = false;
  const additions: JsonObject[] = [];
  for (const element of patch) {
    const directive = getField(element, PATCH);
    if (directive === undefined) additions.push(element);
    else if (directive === "delete") deleted.add(identityText(keyValue(element, mergeKey)));
    else if (directive === "replace") replaced = true;
    else if (directive === "merge") throw unprocessable("merging lists cannot yet be specified in the patch");
    else throw badPatchType(directive, element);
  }
  const kept = replaced ? [] : original.filter((each) => !deleted.has(identityOf(each, mergeKey)));
  return { kept, additions };
}

function keyValue(element: JsonObject, mergeKey: string): unknown {
  const value = getField(element, mergeKey);
  if (value === undefined) {
    throw unprocessable(`map: ${JSON.stringify(element)} does not contain declared merge key: ${mergeKey}`);
  }
  return value;
}

function deleteFromList(result: JsonObject, key: string, values: unknown): void {
  if (!Array.isArray(values)) throw badRequest("invalid patch format of primitive list");
  const before = getField(result, key);
  if (!Array.isArray(before)) return;
  const deleted = new Set(values.map(identityText));
  setField(
    result,
    key,
    before.filter((each) => !deleted.has(identityText(each))),
  );
}

function setElementOrder(
  result: JsonObject,
  directive: string,
  context: Context & { original: JsonObject; patch: JsonObject },
): void {
  const key = directive.slice(ELEMENT_ORDER.length);
  const order = context.patch[directive];
  if (!Array.isArray(order)) throw badRequest("invalid patch format of setElementOrder list");
  const merged = getField(result, key);
  if (!Array.isArray(merged)) return;
  const mergeKey = fieldOf(context, key)?.patchMergeKey ?? "";
  checkOrder(context.patch[key], order, mergeKey);
  const original = getField(context.original, key);
  setField(result, key, orderMerged(merged, order, { original: Array.isArray(original) ? original : [], mergeKey }));
}

/** Elements of the patch must come in the order that the directive gives. */
function checkOrder(list: unknown, order: readonly unknown[], mergeKey: string): void {
  if (!Array.isArray(list)) return;
  let at = 0;
  for (const element of list) {
    if (isJsonObject(element) && Object.hasOwn(element, PATCH)) continue;
    const identity = identityOf(element, mergeKey);
    while (at < order.length && identityOf(order[at], mergeKey) !== identity) at++;
    if (at === order.length) {
      throw unprocessable(
        `The order in patch list:\n${JSON.stringify(list)}\n doesn't match ${ELEMENT_ORDER.slice(0, -1)} list:\n${JSON.stringify(order)}\n`,
      );
    }
    at++;
  }
}

function retainKeys(result: JsonObject, patch: JsonObject): void {
  const keys = getField(patch, RETAIN_KEYS);
  if (keys === undefined) return;
  if (!Array.isArray(keys)) throw badRequest("invalid patch format of retainKeys");
  const retained = new Set<unknown>(keys);
  for (const key of Object.keys(patch)) {
    if (key.startsWith("$") || patch[key] === null) continue;
    if (!retained.has(key)) throw badRequest("invalid patch format of retainKeys");
  }
  for (const key of Object.keys(result)) if (!retained.has(key)) delete result[key];
}

function fieldOf({ schema, type }: Context, key: string): Field | undefined {
  if (type.mapOf !== undefined) return { ...type.mapOf, container: undefined } as Field;
  const fields = type.definition === undefined ? undefined : schema.definitions[type.definition]?.fields;
  return fields !== undefined && Object.hasOwn(fields, key) ? fields[key] : undefined;
}

function typeOf(field: Field | undefined): ValueType {
  return field?.container === "map" ? { mapOf: field } : { definition: field?.ref };
}

/** A part of the patch that becomes part of the object as it is: no directives, and no nulls (which ask for removal). */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value
      .filter((element) => !(isJsonObject(element) && typeof element[PATCH] === "string" && element[PATCH] !== "merge"))
      .map(withoutDirectives);
  }
  if (!isJsonObject(value)) return cloneJson(value);
  if (value[PATCH] === "delete") return {};
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const directive =
      key === PATCH || key === RETAIN_KEYS || key.startsWith(DELETE_FROM_LIST) || key.startsWith(ELEMENT_ORDER);
    if (!directive && value[key] !== null) setField(result, key, withoutDirectives(value[key]));
  }
  return result;
}

function badPatchType(directive: unknown, patch: JsonObject): Error {
  return badRequest(`unknown patch type: ${String(directive)} in map: ${JSON.stringify(patch)}`);
}

function unprocessable(why: string): Error {
  return failure(422, "Invalid", `the server rejected our request due to an error in our request: ${why}`);
}
