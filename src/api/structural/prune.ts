import { isJsonObject } from "../patch/json-value.ts";
import { asResourceRoot, META_FIELDS } from "./compile.ts";
import type { StructuralSchema } from "./structural.ts";

/**
 * Drops in place what the schema does not specify. At the root, and in embedded resources, apiVersion, kind and metadata stay
 * as they are (`coerceMetadata` is for these).
 *
 * @returns paths of what was dropped, e.g. `spec.template.labels[0].x`, sorted
 */
export function prune(
  schema: StructuralSchema,
  draft: unknown,
  options: { readonly isResourceRoot: boolean },
): string[] {
  const pruned: string[] = [];
  pruneValue(draft, options.isResourceRoot ? asResourceRoot(schema) : schema, { path: "", pruned });
  return pruned.sort();
}

interface At {
  readonly path: string;
  readonly pruned: string[];
}

const below = (at: At, key: string): At => ({
  path: at.path === "" ? key : `${at.path}.${key}`,
  pruned: at.pruned,
});
const atIndex = (at: At, index: number): At => ({ path: `${at.path}[${index}]`, pruned: at.pruned });

function pruneValue(value: unknown, schema: StructuralSchema | undefined, at: At): void {
  if (Array.isArray(value)) {
    const keep = schema?.preserveUnknownFields ? keepUnknown : pruneValue;
    for (const [index, element] of value.entries()) keep(element, schema?.items, atIndex(at, index));
    return;
  }
  if (!isJsonObject(value)) return;
  if (schema?.preserveUnknownFields) {
    keepUnknown(value, schema, at);
    return;
  }
  for (const key of Object.keys(value)) {
    if (schema?.embeddedResource && META_FIELDS.has(key)) continue;
    const property = schema?.properties?.get(key);
    if (property !== undefined) pruneValue(value[key], property, below(at, key));
    else if (schema?.additionalProperties !== undefined) {
      pruneValue(value[key], schemaOrNothing(schema.additionalProperties), below(at, key));
    } else {
      at.pruned.push(below(at, key).path);
      delete value[key];
    }
  }
}

/** Below a schema that preserves unknown fields, only what it specifies is looked at. */
function keepUnknown(value: unknown, schema: StructuralSchema | undefined, at: At): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) keepUnknown(element, schema.items, atIndex(at, index));
    return;
  }
  if (!isJsonObject(value)) return;
  for (const key of Object.keys(value)) {
    if (schema.embeddedResource && META_FIELDS.has(key)) continue;
    const property = schema.properties?.get(key);
    if (property !== undefined) pruneValue(value[key], property, below(at, key));
    else if (schema.additionalProperties !== undefined) {
      pruneValue(value[key], schemaOrNothing(schema.additionalProperties), below(at, key));
    }
  }
}

/** `additionalProperties: true` allows keys, but specifies nothing about what is under them. */
function schemaOrNothing(schema: StructuralSchema | boolean): StructuralSchema | undefined {
  return typeof schema === "object" ? schema : undefined;
}
