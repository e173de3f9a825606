import { ANNOTATIONS_BYTES_MAX } from "../object-meta.ts";
import type { Schema } from "../schema.ts";
import { compareFields, fieldSetOf } from "./field-compare.ts";
import { difference, EMPTY_SET, type FieldSet } from "./field-set.ts";
import { typeOfDefinition } from "./field-types.ts";
import { isJsonObject, type JsonObject } from "./json-value.ts";

/** Under this name kubectl applies, on the client's side and on the server's. */
export const KUBECTL = "kubectl";
/** Where client-side apply notes what it applied. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * What client-side apply said last and what is so still: kubectl may take these fields over from itself without a conflict. What
 * somebody changed since then is no longer kubectl's.
 */
export function lastAppliedFields(
  object: JsonObject,
  options: { schema: Schema; definition: string | undefined; apiVersion: string },
): FieldSet {
  const text = annotationsOf(object.metadata)[LAST_APPLIED];
  if (typeof text !== "string") return EMPTY_SET;
  try {
    const { schema, definition } = options;
    const said: unknown = JSON.parse(text);
    // What was said in another version has other fields.
    if (!isJsonObject(said) || said.apiVersion !== options.apiVersion) return EMPTY_SET;
    const type = typeOfDefinition(schema, definition);
    const { added, modified, removed } = compareFields(said, object, { type, schema });
    return [added, modified, removed].reduce(difference, fieldSetOf(said, type, schema));
  } catch {
    // An annotation that somebody broke gives no rights.
    return EMPTY_SET;
  }
}

/** The metadata with the note brought up to date where there is one, so that client-side apply still works afterwards. */
export function withLastApplied(metadata: JsonObject, configuration: JsonObject): JsonObject {
  const annotations = annotationsOf(metadata);
  const { [LAST_APPLIED]: before, ...others } = annotations;
  if (before === undefined || before === "") return metadata;
  const text = `${JSON.stringify(sortedKeys(withoutNote(configuration)))}\n`;
  const noted = { ...annotations, [LAST_APPLIED]: text };
  return { ...metadata, annotations: sizeOf(noted) > ANNOTATIONS_BYTES_MAX ? others : noted };
}

const sizeOf = (annotations: JsonObject): number =>
  Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  );

function withoutNote(configuration: JsonObject): JsonObject {
  const { [LAST_APPLIED]: _, ...annotations } = annotationsOf(configuration.metadata);
  if (!isJsonObject(configuration.metadata) || configuration.metadata.annotations === undefined) return configuration;
  return { ...configuration, metadata: { ...configuration.metadata, annotations } };
}

function annotationsOf(metadata: unknown): JsonObject {
  return isJsonObject(metadata) && isJsonObject(metadata.annotations) ? metadata.annotations : {};
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortedKeys(value[key])]),
  );
}
