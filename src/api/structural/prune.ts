import { isJsonObject, type JsonObject } from "../patch/json-value.ts";
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
  const walk: Walk = { path: [], pruned: [] };
  pruneValue(draft, options.isResourceRoot ? asResourceRoot(schema) : schema, walk);
  return walk.pruned.sort();
}

/** Where it is, as names and indexes: paths are written only for what is dropped. */
interface Walk {
  readonly path: (string | number)[];
  readonly pruned: string[];
}

type Step = (value: unknown, schema: StructuralSchema | undefined, walk: Walk) => void;

function pruneValue(value: unknown, schema: StructuralSchema | undefined, walk: Walk): void {
  if (Array.isArray(value))
    eachElement(value, schema, { step: schema?.preserveUnknownFields ? keepUnknown : pruneValue, walk });
  else if (isJsonObject(value)) eachField(value, schema, { walk, keeps: schema?.preserveUnknownFields === true });
}

/** Below a schema that preserves unknown fields, only what it specifies is looked at. */
function keepUnknown(value: unknown, schema: StructuralSchema | undefined, walk: Walk): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) eachElement(value, schema, { step: keepUnknown, walk });
  else if (isJsonObject(value)) eachField(value, schema, { walk, keeps: true });
}

function eachElement(
  list: readonly unknown[],
  schema: StructuralSchema | undefined,
  { step, walk }: { step: Step; walk: Walk },
): void {
  for (let index = 0; index < list.length; index++) {
    const element = list[index];
    if (typeof element !== "object") continue;
    walk.path.push(index);
    step(element, schema?.items, walk);
    walk.path.pop();
  }
}

function eachField(
  object: JsonObject,
  schema: StructuralSchema | undefined,
  { walk, keeps }: { walk: Walk; keeps: boolean },
): void {
  for (const key of Object.keys(object)) {
    if (schema?.embeddedResource && META_FIELDS.has(key)) continue;
    const property = schema?.properties?.get(key);
    if (property === undefined && schema?.additionalProperties === undefined) {
      if (keeps) continue;
      walk.pruned.push(written([...walk.path, key]));
      delete object[key];
      continue;
    }
    const value = object[key];
    if (typeof value !== "object") continue;
    walk.path.push(key);
    pruneValue(value, property ?? schemaOrNothing(schema?.additionalProperties), walk);
    walk.path.pop();
  }
}

/** `additionalProperties: true` allows keys, but specifies nothing about what is under them. */
function schemaOrNothing(schema: StructuralSchema | boolean | undefined): StructuralSchema | undefined {
  return typeof schema === "object" ? schema : undefined;
}

function written(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");
}
