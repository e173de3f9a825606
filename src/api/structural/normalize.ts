import type { FieldError } from "../field-error.ts";
import type { JsonObject } from "../patch/json-value.ts";
import { coerceMetadata } from "./coerce-metadata.ts";
import { reducer } from "./compile.ts";
import { applyDefaults, pruneNulls } from "./defaults.ts";
import { prune } from "./prune.ts";
import type { StructuralSchema } from "./structural.ts";

export interface NormalizedCustomResource {
  /** Why metadata, apiVersion or kind cannot be read; the object is not to be used then. */
  readonly errors: readonly FieldError[];
  /** For fieldValidation: what was dropped, of the object's own metadata first, of embedded metadata last. */
  readonly unknownFields: readonly string[];
}

/**
 * Makes an object what its schema says, in place, as upstream does between decoding and admission, and between the store
 * and a client: metadata coerced, unknown fields dropped, nulls that are not allowed dropped, defaults filled in. Idempotent.
 *
 * @param options.dropInvalid for objects from the store: metadata of wrong types is dropped, not told
 * @param options.keepsNulls for what was not sent like this: nulls that are not allowed are left for validation to tell, unless
 * there is a default
 */
export function normalizeCustomResource(
  schema: StructuralSchema,
  draft: JsonObject,
  options: { readonly dropInvalid: boolean; readonly keepsNulls?: boolean },
): NormalizedCustomResource {
  const { errors, unknownFields } = coerceMetadata(schema, draft, {
    isResourceRoot: true,
    dropInvalid: options.dropInvalid,
  });
  const { metadata } = draft;
  const pruned = prune(schema, draft, { isResourceRoot: true });
  if (options.keepsNulls !== true) pruneNulls(schema, draft);
  applyDefaults(schema, draft);
  // Defaults may have metadata too, and fields that it does not have.
  if (withDefaultedResources(schema)) coerceMetadata(schema, draft, { isResourceRoot: true, dropInvalid: true });
  // A schema may restrict metadata's names, but never what else is in metadata.
  if (metadata !== undefined) draft.metadata = metadata;
  return { errors, unknownFields: inOrder(unknownFields, pruned) };
}

/** As upstream finds them. */
function inOrder(ofMetadata: readonly string[], pruned: readonly string[]): string[] {
  const isOwn = (path: string) => path.startsWith("metadata.");
  return [...ofMetadata.filter(isOwn), ...pruned, ...ofMetadata.filter((path) => !isOwn(path))];
}

const withEmbedded = reducer(({ embeddedResource }) => embeddedResource);
const withDefaults = reducer((part) => part.default !== undefined);
const withDefaultedResources = (schema: StructuralSchema): boolean =>
  withEmbedded(schema) !== undefined && withDefaults(schema) !== undefined;

/**
 * The same for a configuration that is applied: without defaults, because its owner would own them, and with its nulls.
 */
export function normalizeConfiguration(
  schema: StructuralSchema,
  draft: JsonObject,
  options: { readonly dropInvalid: boolean },
): NormalizedCustomResource {
  const { errors, unknownFields } = coerceMetadata(schema, draft, {
    isResourceRoot: true,
    dropInvalid: options.dropInvalid,
  });
  return { errors, unknownFields: inOrder(unknownFields, prune(schema, draft, { isResourceRoot: true })) };
}
