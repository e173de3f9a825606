import { findDuplicateFields } from "../../api/duplicate-fields.ts";
import { invalid, invalidObject } from "../../api/field-error.ts";
import { printedInGo } from "../../api/go-text.ts";
import type { ApiObject } from "../../api/meta.ts";
import { applyPatch, JSON_PATCH, STRATEGIC_MERGE_PATCH } from "../../api/patch/apply-patch.ts";
import { isJsonObject, type JsonObject } from "../../api/patch/json-value.ts";
import { badRequest, type StatusError } from "../../api/status.ts";
import { fieldWarnings } from "../../api/unknown-fields.ts";
import type { Exchange } from "../exchange.ts";
import type { ServedResource } from "../registry/resource.ts";
import { NESTING_MAX, nestsDeeper } from "./json-text.ts";
import { type ReadableType, readObject, type Unreadable } from "./read-object.ts";

/** A patch that has been read: its type, and its value as JSON. */
export interface ReadPatch {
  readonly type: string;
  readonly value: unknown;
  /** Its text, where it was JSON: keys that come twice can be found only there. */
  readonly json?: string | undefined;
  /** Fields that an applied configuration says twice, told by the line. */
  readonly duplicates?: readonly string[] | undefined;
}

/** The object with the patch applied; the original is not changed. @throws StatusError */
export function patchObject(resource: ServedResource, current: ApiObject, patch: ReadPatch): ApiObject {
  const { apiVersion, kind } = current;
  // Custom resources have no strategic merge patch.
  const definition = resource.custom === undefined ? resource.schema.definition : undefined;
  const original = current as JsonObject;
  const { type, value } = patch;
  const patched = applyPatch({ type, original, patch: value, schema: resource.allSchema, definition });
  // What is patched again and again by operations may grow deeper than any one body; others come as deep as they say themselves.
  if (nestsDeeper(type === JSON_PATCH ? patched : value, NESTING_MAX))
    throw badRequest(`the patched object nests deeper than ${NESTING_MAX} levels`);
  // Upstream's strategic patches look at Go's type of the object alone, and custom resources keep theirs.
  if (type !== STRATEGIC_MERGE_PATCH && resource.custom === undefined) checkKind(patched as ApiObject, current, patch);
  return { ...patched, apiVersion, kind } as ApiObject;
}

/** A patched object as the API's types hold it. @throws StatusError Invalid where it cannot be read */
export function readPatched(
  resource: ReadableType,
  {
    value,
    patch,
    known,
  }: { readonly value: ApiObject; readonly patch: ReadPatch; readonly known?: ApiObject | undefined },
  exchange: Exchange,
): ApiObject {
  const sent = {
    value,
    known,
    complaints: () => (patch.type === JSON_PATCH ? operationComplaints(patch) : fieldWarnings([], duplicatesIn(patch))),
    refuse: (found: Unreadable) => refusedPatch(patch, value, found),
  };
  return readObject(resource, sent, exchange);
}

/** No patch makes another kind of an object. @throws StatusError Invalid */
function checkKind(patched: ApiObject, current: ApiObject, patch: ReadPatch): void {
  const { kind = current.kind, apiVersion = current.apiVersion } = patched;
  if (kind === current.kind && apiVersion === current.apiVersion) return;
  const why = `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`;
  throw refusedPatch(patch, patched, { why });
}

const OPERATION_FIELDS = ["op", "path", "from", "value"];

/** What strict validation says of the operations themselves: fields that none has, and fields that come twice. */
function operationComplaints({ value, json }: ReadPatch): string[] {
  const operations = Array.isArray(value) ? value : [];
  const unknown = operations.flatMap((operation, index) =>
    Object.keys(isJsonObject(operation) ? operation : {})
      .filter((key) => !OPERATION_FIELDS.includes(key))
      .map((key) => ({ index, text: `json patch unknown field "[${index}].${key}"` })),
  );
  const twice = duplicatesIn({ value, json }).map((path) => ({
    index: Number.parseInt(path.slice(1), 10),
    text: `json patch duplicate field "${path}"`,
  }));
  return [...unknown, ...twice].toSorted((a, b) => a.index - b.index).map(({ text }) => text);
}

function duplicatesIn({ value, json }: Pick<ReadPatch, "value" | "json">): string[] {
  return json === undefined ? [] : findDuplicateFields(json, { value });
}

/** Upstream shows a strategic merge patch as Go prints maps; of other patches the JSON that they came to. */
function refusedPatch(patch: ReadPatch, value: ApiObject, { why, mismatch }: Unreadable): StatusError {
  const isStrategic = patch.type === STRATEGIC_MERGE_PATCH;
  const shown = isStrategic ? printedInGo(patch.value) : JSON.stringify(value);
  const told = isStrategic ? (mismatch?.whyNotRestored ?? why) : why;
  return invalidObject({ group: "", kind: "" }, "", [invalid("patch", shown, told)]);
}
