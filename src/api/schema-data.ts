import { readFileSync } from "node:fs";
import type { Schema } from "./schema.ts";

/**
 * By definition; a definition's own description is under the empty name, its fields' under theirs. Query parameters are
 * under `parameters`.
 */
export type Descriptions = Readonly<Record<string, Readonly<Record<string, string>>>>;

let schema: Schema | undefined;
let descriptions: Descriptions | undefined;

/**
 * The schema of all built-in kinds. Read and parsed at the first call (3 ms), the same object afterwards.
 *
 * @throws Error when the generated file is missing
 */
export function loadSchema(): Schema {
  schema ??= readGenerated("schema.json") as Schema;
  return schema;
}

/**
 * What the API documents say about types and fields. Read at the first call; only OpenAPI documents need it.
 *
 * @throws Error when the generated file is missing
 */
export function loadDescriptions(): Descriptions {
  descriptions ??= readGenerated("descriptions.json") as Descriptions;
  return descriptions;
}

/** Run from source, generated files are in generated/; a built program has them beside itself. */
function readGenerated(name: string): unknown {
  for (const place of [`./generated/${name}`, `./${name}`]) {
    try {
      return JSON.parse(readFileSync(new URL(place, import.meta.url), "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  throw new Error(`${name} is missing: run "npm run generate" in a checkout, or install the package again`);
}
