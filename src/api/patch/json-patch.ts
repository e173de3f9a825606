import jsonPatch, { type Operation } from "fast-json-patch";
import { errorMessage } from "../../base/assert.ts";
import { badRequest, entityTooLarge, failure } from "../status.ts";
import { cloneJson, isJsonObject, type JsonObject } from "./json-value.ts";

const MAX_OPERATIONS = 10_000;
const OPERATIONS = ["add", "remove", "replace", "move", "copy", "test"];

/**
 * JSON patch (RFC 6902) on a copy of the original.
 * @throws StatusError 400 for a patch that is none, 422 for one that does not apply, 413 for one that is too long
 */
export function applyJsonPatch(original: JsonObject, patch: unknown): JsonObject {
  const operations = checkedOperations(patch);
  let document: unknown = cloneJson(original);
  operations.forEach((operation, index) => {
    try {
      document = jsonPatch.applyOperation(document, operation, true, true, true, index).newDocument;
    } catch (error) {
      throw doesNotApply(operation, index, error);
    }
  });
  if (!isJsonObject(document)) throw unprocessable("the patched document is not an object");
  return document;
}

function checkedOperations(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) {
    throw badRequest(
      'error decoding patch: a JSON patch must be a list of operations, e.g. [{"op": "remove", "path": "/a"}]',
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

function doesNotApply(operation: Operation, index: number, error: unknown): Error {
  if (operation.op === "test") return unprocessable(`testing value ${operation.path} failed: test failed`);
  const why = errorMessage(error).split("\n")[0]!;
  return unprocessable(`operation ${index}: ${operation.op} operation does not apply at ${operation.path}: ${why}`);
}

function unprocessable(why: string): Error {
  return failure(422, "Invalid", `the server rejected our request due to an error in our request: ${why}`);
}
