import jsonPatch, { type Operation } from "fast-json-patch";
import { errorMessage } from "../../base/assert.ts";
import { badRequest, entityTooLarge, failure, StatusError } from "../status.ts";
import { cloneJson, isJsonObject, type JsonObject } from "./json-value.ts";

const MAX_OPERATIONS = 10_000;
/** Upstream's limit of what the copies of one patch add up to (JSONPatchMaxCopyBytes). */
const COPIED_BYTES_MAX = 3 * 1024 * 1024;
const OPERATIONS = ["add", "remove", "replace", "move", "copy", "test"];

/** A patch that would have applied as far as its test, which found something else. */
export class FailedTestError extends StatusError {}

/**
 * JSON patch (RFC 6902) on a copy of the original.
 * @throws FailedTestError
 * @throws StatusError 400 for a patch that is none, 422 for one that does not apply, 413 for one that is too long
 */
export function applyJsonPatch(original: JsonObject, patch: unknown): JsonObject {
  const operations = checkedOperations(patch);
  let document: unknown = cloneJson(original);
  let copiedBytes = 0;
  operations.forEach((asked, index) => {
    if (asked.op === "copy") copiedBytes = checkedCopy(document, asked.from, copiedBytes);
    const apply = (operation: Operation): void => {
      document = jsonPatch.applyOperation(document, operation, true, true, true, index).newDocument;
    };
    try {
      const operation = asUpstreamReads(document, withValue(document, asked));
      if (isNullTestOfNothing(document, operation)) return;
      // What is moved is gone before it comes to its new place.
      if (asked.op === "move") apply({ op: "remove", path: placeIn(document, asked.from) });
      const placed = asked.op === "move" ? asUpstreamReads(document, { ...operation, path: asked.path }) : operation;
      checkPlace(document, placed);
      apply(placed);
    } catch (error) {
      throw doesNotApply(asked, { index, document, error });
    }
  });
  if (!isJsonObject(document)) throw unprocessable("the patched document is not an object");
  return document;
}

/**
 * What evanphx/json-patch 4, upstream's library, does beyond the RFC: indexes are read as Go reads numbers, those below zero count
 * from the end, and a replace of an object's member that is not there adds it.
 */
function asUpstreamReads(document: unknown, operation: Operation): Operation {
  const path = placeIn(document, operation.path, { adds: operation.op === "add" });
  const [above, key] = split(path);
  const parent = path === "" ? undefined : ownValue(document, above);
  const isMissing = isJsonObject(parent) && !Object.hasOwn(parent, unescaped(key));
  return { ...operation, path, ...(isMissing && operation.op === "replace" && { op: "add" }) } as Operation;
}

/** A pointer with the indexes that it means. What is not there stays as it is said. */
function placeIn(document: unknown, pointer: string, { adds = false } = {}): string {
  const parts = pointer.split("/");
  let value = document;
  for (let at = 1; at < parts.length; at++) {
    const part = parts[at]!;
    if (Array.isArray(value) && /^[+-]?\d+$/.test(part)) {
      const isNew = adds && at === parts.length - 1;
      const index = Number(part) + (part.startsWith("-") ? value.length + (isNew ? 1 : 0) : 0);
      if (index >= 0) parts[at] = String(index);
    }
    const key = unescaped(parts[at]!);
    value =
      typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as JsonObject)[key] : undefined;
  }
  return parts.join("/");
}

/** What is moved or copied as what is added. The library would copy by way of a text, in which integers may lose their last digits. */
function withValue(document: unknown, operation: Operation): Operation {
  if (operation.op !== "move" && operation.op !== "copy") return operation;
  const { op, path, from } = operation;
  if (from === "") throw missing("");
  const value = op === "copy" ? copiedFrom(document, from) : ownValue(document, placeIn(document, from));
  return { op: "add", path, value: op === "copy" ? cloneJson(value) : value };
}

/** A member that its object does not have is copied as null. */
function copiedFrom(document: unknown, from: string): unknown {
  if (!from.startsWith("/")) throw missing(from);
  const place = placeIn(document, from);
  const [above, key] = split(place);
  const parent = ownValue(document, above);
  return isJsonObject(parent) && !Object.hasOwn(parent, unescaped(key)) ? null : ownValue(document, place);
}

/** Clients test for null to be sure that nothing is there yet (kube-rs, before it adds the first finalizer). */
function isNullTestOfNothing(document: unknown, operation: Operation): boolean {
  if (operation.op !== "test" || operation.value !== null || operation.path === "") return false;
  const [above, key] = split(operation.path);
  const parent = ownValue(document, above);
  return isJsonObject(parent) && !Object.hasOwn(parent, unescaped(key));
}

/** A pointer's way to the parent, and the last part as it stands there. */
function split(pointer: string): [string, string] {
  const at = Math.max(pointer.lastIndexOf("/"), 0);
  return [pointer.slice(0, at), pointer.slice(at + 1)];
}

function unescaped(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** Only what is the document's own can be read or replaced: fast-json-patch would follow names such as `toString`. */
function checkPlace(document: unknown, { op, path }: Operation): void {
  // Upstream's library finds no place for the whole document, but to replace and to test it.
  if (path === "" && op !== "replace" && op !== "test") throw missing("");
  ownValue(document, op === "add" ? split(path)[0] : path);
}

/** @throws Error when the document has nothing there */
function ownValue(document: unknown, pointer: string): unknown {
  if (pointer === "") return document;
  if (!pointer.startsWith("/")) throw missing(pointer);
  let value = document;
  for (const part of pointer.split("/").slice(1)) {
    const key = unescaped(part);
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) {
      throw missing(pointer);
    }
    value = (value as JsonObject)[key];
  }
  return value;
}

function missing(pointer: string): Error {
  return new Error(`doc is missing path: ${JSON.stringify(pointer)}: missing value`);
}

/** Copies can double a document each: their sum has a limit. @throws StatusError RequestEntityTooLarge */
function checkedCopy(document: unknown, from: string, before: number): number {
  let size = 0;
  try {
    size = JSON.stringify(copiedFrom(document, from)).length;
  } catch (error) {
    throw unprocessable(`copy operation does not apply: ${errorMessage(error)}`);
  }
  if (before + size <= COPIED_BYTES_MAX) return before + size;
  throw entityTooLarge(
    `Unable to complete the copy, the accumulated size increase of copy is ${before + size}, exceeding the limit ${COPIED_BYTES_MAX}`,
  );
}

function checkedOperations(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) {
    const type = isJsonObject(patch) ? "object" : typeof patch;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${type} into Go value of type []handlers.jsonPatchOp: a JSON patch is a list of operations`,
    );
  }
  if (patch.length > MAX_OPERATIONS) {
    throw entityTooLarge(`The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`);
  }
  return patch.map((operation: unknown, index) => {
    if (!isJsonObject(operation)) throw badRequest(`error decoding patch: operation ${index} is not an object`);
    const { op, path, from } = operation;
    if (typeof op !== "string" || !OPERATIONS.includes(op)) {
      throw unprocessable(`unexpected kind of operation ${JSON.stringify(op ?? "unknown")} at index ${index}`);
    }
    if (typeof path !== "string") throw unprocessable(`operation ${index} (${op}) has no path`);
    if ((op === "move" || op === "copy") && typeof from !== "string") {
      throw unprocessable(`operation ${index} (${op}) has no from`);
    }
    // evanphx/json-patch takes a missing value as null.
    if ((op === "add" || op === "replace" || op === "test") && !Object.hasOwn(operation, "value")) {
      return { ...operation, value: null } as unknown as Operation;
    }
    return operation as unknown as Operation;
  });
}

function doesNotApply(
  operation: Operation,
  { index, document, error }: { index: number; document: unknown; error: unknown },
): StatusError {
  if (operation.op === "test") {
    const { status } = unprocessable(`testing value ${operation.path} failed: test failed`);
    return isTestable(document, operation.path) ? new FailedTestError(status) : new StatusError(status);
  }
  const why = errorMessage(error).split("\n")[0]!;
  return unprocessable(`operation ${index}: ${operation.op} operation does not apply at ${operation.path}: ${why}`);
}

/** Whether a test there compares anything: an object's member that is not there is null to it. */
function isTestable(document: unknown, path: string): boolean {
  const place = placeIn(document, path);
  try {
    const parent = ownValue(document, split(place)[0]);
    if (!isJsonObject(parent)) ownValue(document, place);
    return true;
  } catch {
    return false;
  }
}

function unprocessable(why: string): StatusError {
  return failure(422, "Invalid", `the server rejected our request due to an error in our request: ${why}`);
}
