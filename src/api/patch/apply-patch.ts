import type { Schema } from "../schema.ts";
import { unsupportedMediaType } from "../status.ts";
import { applyConfiguration, type FieldManagement } from "./apply.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { isJsonObject, type JsonObject } from "./json-value.ts";
import { applyMergePatch } from "./merge-patch.ts";
import { applyStrategicMergePatch } from "./strategic-merge.ts";

export const JSON_PATCH = "application/json-patch+json";
export const MERGE_PATCH = "application/merge-patch+json";
export const STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json";
export const APPLY_PATCH = "application/apply-patch+yaml";

export interface PatchRequest {
  /** Media type of the patch. */
  readonly type: string;
  readonly original: JsonObject;
  /** The patch as parsed JSON or YAML. */
  readonly patch: unknown;
  readonly schema: Schema;
  /** Name of the object's definition; strategic merge needs one, so custom resources do not have it. */
  readonly definition: string | undefined;
  /** For server-side apply. */
  readonly apply?: Omit<FieldManagement, "schema" | "definition"> & { readonly force?: boolean };
}

/** The original with the patch applied, whatever its type. The original stays as it is. @throws StatusError */
export function applyPatch(request: PatchRequest): JsonObject {
  const { type, original, patch, schema, definition, apply } = request;
  if (type === JSON_PATCH) return applyJsonPatch(original, patch);
  if (type === MERGE_PATCH) return applyMergePatch(original, patch);
  if (type === STRATEGIC_MERGE_PATCH && definition !== undefined) {
    return applyStrategicMergePatch(original, patch, { schema, definition });
  }
  if (type === APPLY_PATCH && apply !== undefined && isJsonObject(patch)) {
    return applyConfiguration(original, patch, { ...apply, schema, definition });
  }
  throw unsupportedMediaType([
    JSON_PATCH,
    MERGE_PATCH,
    ...(definition === undefined ? [] : [STRATEGIC_MERGE_PATCH]),
    APPLY_PATCH,
  ]);
}
