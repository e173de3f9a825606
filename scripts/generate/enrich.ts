import type { Definition, Field } from "../../src/api/schema.ts";
import type { Model } from "./client-node/models.ts";
import { camelCase, type KnownField } from "./kubernetes-models.ts";
import type { DefinitionName } from "./naming.ts";

/** Descriptions of a definition: its own under the empty name, its fields' under theirs. */
export type Descriptions = Record<string, Record<string, string>>;

type MutableDefinition = { -readonly [K in keyof Definition]: Definition[K] } & { fields: Record<string, Field> };

/** Fields that name a type: the package narrows them to the one value that they have; the API's documents do not. */
const TYPE_FIELDS = new Set(["apiVersion", "kind"]);

/** Adds the enums that kubernetes-models knows. */
export function addEnums(
  definitions: ReadonlyMap<string, MutableDefinition>,
  known: ReadonlyMap<string, ReadonlyMap<string, KnownField>>,
): void {
  for (const [name, definition] of definitions) {
    for (const [fieldName, { enum: values }] of known.get(camelCase(name)) ?? []) {
      if (TYPE_FIELDS.has(fieldName)) continue;
      const field = definition.fields[fieldName];
      if (field?.type === "string" && values !== undefined) definition.fields[fieldName] = { ...field, enum: values };
    }
  }
}

/**
 * Collects descriptions: client-node's, with kubernetes-models' line breaks and additions where it tells the same, and
 * kubernetes-models' own where client-node has none.
 */
export function collectDescriptions(
  models: readonly Model[],
  names: ReadonlyMap<string, DefinitionName>,
  known: ReadonlyMap<string, ReadonlyMap<string, KnownField>>,
): Descriptions {
  const descriptions: Descriptions = {};
  for (const model of models) {
    const { definition } = names.get(model.className)!;
    const texts: Record<string, string> = {};
    if (model.description !== "") texts[""] = model.description;
    for (const field of model.fields) {
      const other = known.get(camelCase(definition))?.get(field.name)?.description ?? "";
      const text = words(other).startsWith(words(field.description)) ? other : field.description;
      if (text !== "") texts[field.name] = text;
    }
    descriptions[definition] = texts;
  }
  return descriptions;
}

function words(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
