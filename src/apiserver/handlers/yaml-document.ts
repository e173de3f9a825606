import { isJsonObject } from "../../api/patch/json-value.ts";
import { errorMessage } from "../../base/assert.ts";
import { parseForeignJson } from "../../base/exact-json.ts";
import { NESTING_MAX, withoutHalves } from "./json-text.ts";

/** How many values a document that repeats itself by aliases may stand for. */
const ALIASED_VALUES_MAX = 100_000;

export interface YamlDocument {
  readonly value: unknown;
  /** Keys that come twice, each such place. */
  readonly duplicates?: readonly string[];
}

/**
 * A YAML document as a value that JSON can hold. Of keys that come twice the last one counts; all are told.
 * @throws Error with a message for the client
 */
export async function readYamlDocument(text: string): Promise<YamlDocument> {
  const { load, YAMLException } = await import("js-yaml");
  const { readSchema } = await import("./yaml-schema.ts");
  const options = { schema: readSchema, maxDepth: NESTING_MAX };
  try {
    return { value: asJson(load(text, options), text) };
  } catch (error) {
    const isDuplicate = error instanceof YAMLException && error.reason === "duplicated mapping key";
    if (!isDuplicate) throw notYaml(error);
    const { yamlDuplicates } = await import("./yaml-duplicates.ts");
    try {
      return { value: asJson(load(text, { ...options, json: true }), text), duplicates: yamlDuplicates(text) };
    } catch (second) {
      throw notYaml(second);
    }
  }
}

/** Only the first line: what follows draws the place in text that may be endless. */
function notYaml(error: unknown): Error {
  return new Error(`error converting YAML to JSON: yaml: ${errorMessage(error).split("\n")[0]}`);
}

/** @throws Error when JSON has no form for the value, or one that is very much longer than the document */
function asJson(value: unknown, text: string): unknown {
  if (text.includes("*")) countValues(value, new Map());
  if (/\.inf|\.nan|\d{300}|\d[eE]/i.test(text)) refuseInfinity(value);
  // Escapes can make halves of characters.
  return /\\[uU]/.test(text) ? parseForeignJson(withoutHalves(JSON.stringify(value))) : value;
}

/** How many values a value stands for when what aliases name is written out. Each is looked at once. */
function countValues(value: unknown, known: Map<object, number>, depth = 0): number {
  if (typeof value !== "object" || value === null) return 1;
  const before = known.get(value);
  if (before !== undefined) {
    if (before < 0) throw new Error("an anchor's value contains itself");
    return before;
  }
  if (depth > NESTING_MAX) throw new Error(`exceeded max depth: at most ${NESTING_MAX} levels may nest`);
  known.set(value, -1);
  let count = 1;
  for (const each of Object.values(value)) {
    count += countValues(each, known, depth + 1);
    if (count > ALIASED_VALUES_MAX) throw new Error("document contains excessive aliasing");
  }
  known.set(value, count);
  return count;
}

function refuseInfinity(value: unknown): void {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new Error(`JSON has no number ${value}: it cannot be read as a float64`);
  }
  if (Array.isArray(value) || isJsonObject(value)) for (const each of Object.values(value)) refuseInfinity(each);
}
