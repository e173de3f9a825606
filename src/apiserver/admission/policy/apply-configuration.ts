import { mergeConfiguration } from "../../../api/patch/apply-merge.ts";
import { type FieldType, resolveType, typeBelow, typeOfDefinition } from "../../../api/patch/field-types.ts";
import { isJsonObject, type JsonObject } from "../../../api/patch/json-value.ts";
import type { Schema } from "../../../api/schema.ts";

/** A mutation cannot be applied to the object that a request brings. */
export class MutationError extends Error {
  override name = "MutationError";
}

/**
 * The object with an apply configuration merged in, as server-side apply merges, but owned by nobody. Neither is changed.
 * @throws MutationError when the configuration names fields that do not exist, or something that is replaced as a whole
 */
export function mergeApplyConfiguration(
  object: JsonObject,
  configuration: JsonObject,
  of: { readonly schema: Schema; readonly definition: string | undefined },
): JsonObject {
  const type = typeOfDefinition(of.schema, of.definition);
  const found: Findings = { atomic: [], unknown: [] };
  look(configuration, { type, path: "", schema: of.schema }, found);
  if (found.unknown.length > 0) {
    throw new MutationError(
      `error applying patch: failed to convert patch object to typed object: ${found.unknown.map((path) => `${path}: field not declared in schema`).join("\n")}`,
    );
  }
  if (found.atomic.length > 0) {
    throw new MutationError(
      `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${found.atomic.join(", ")}`,
    );
  }
  const { apiVersion, kind } = object;
  return mergeConfiguration(object, { ...configuration, apiVersion, kind }, { type, schema: of.schema }) as JsonObject;
}

interface Findings {
  readonly atomic: string[];
  readonly unknown: string[];
}

/** Who writes part of what is replaced as a whole would take the rest away without knowing. */
function look(value: unknown, at: { type: FieldType; path: string; schema: Schema }, found: Findings): void {
  const type = resolveType(at.type, value);
  if (type.kind === "atomic" && typeof value === "object" && value !== null) {
    found.atomic.push(at.path);
    return;
  }
  if (isJsonObject(value)) {
    for (const key of Object.keys(value)) {
      const path = `${at.path}.${key}`;
      if (type.kind === "struct" && !Object.hasOwn(type.definition.fields, key)) found.unknown.push(path);
      else look(value[key], { ...at, type: typeBelow(at.schema, type, key), path }, found);
    }
  } else if (Array.isArray(value) && type.kind === "list") {
    for (const [index, element] of value.entries())
      look(element, { ...at, type: type.element, path: `${at.path}[${index}]` }, found);
  }
}
