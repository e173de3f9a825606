import { isJsonObject, type JsonObject } from "../../api/patch/json-value.ts";
import { nextTurn } from "../../base/turn.ts";

/** So many members of a map, or elements of a list, are written in a few milliseconds when they are small. */
const SLICE = 200;

/** An object as YAML. What is long in it is written in slices, between which others have their turns. */
export async function yamlText(value: object): Promise<string> {
  const { dump } = await import("js-yaml");
  const { writeOptions } = await import("../handlers/yaml-schema.ts");
  const write = (part: object): string => dump(part, writeOptions);
  const lengths = Object.values(value).map((each) => lengthOf(each));
  if (Math.max(0, ...lengths) <= SLICE) return write(value);
  let text = "";
  for (const [key, member] of Object.entries(value)) {
    let isFirst = true;
    for (const part of partsOf(member)) {
      const written = write({ [key]: part });
      // The line with the key stands there already.
      text += isFirst ? written : written.slice(written.indexOf("\n") + 1);
      isFirst = false;
      await nextTurn();
    }
  }
  return text;
}

function lengthOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return isJsonObject(value) ? Object.keys(value).length : 0;
}

/** The value, or when it is long what it is made of: put one after the other they say the same. */
function* partsOf(value: unknown): Generator<unknown, void, undefined> {
  const length = lengthOf(value);
  if (length <= SLICE) yield value;
  else if (Array.isArray(value)) for (let at = 0; at < length; at += SLICE) yield value.slice(at, at + SLICE);
  else {
    const entries = Object.entries(value as JsonObject);
    for (let at = 0; at < length; at += SLICE) yield Object.fromEntries(entries.slice(at, at + SLICE));
  }
}
