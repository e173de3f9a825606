import { nameColumn } from "../columns.ts";
import type { CustomResourceColumnDefinition } from "../generated/apiextensions.k8s.io/v1.ts";
import { ageOf } from "../human-duration.ts";
import type { Column } from "../kind.ts";
import type { ApiObject } from "../meta.ts";
import { evaluateJsonPath } from "./evaluate.ts";
import { goNumber } from "./go-number.ts";
import { parseJsonPath } from "./parse.ts";
import { type JsonPath, JsonPathError } from "./path.ts";

const CREATION: CustomResourceColumnDefinition = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  description:
    "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
};

/**
 * The columns of a custom resource's table: its name, then those of the definition; the age where it has none, or where one
 * has a path that cannot be read.
 */
export function printerColumns(definitions: readonly CustomResourceColumnDefinition[] | undefined): readonly Column[] {
  const own = definitions === undefined || definitions.length === 0 ? [CREATION] : definitions;
  try {
    return [nameColumn, ...own.map(columnOf)];
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    return [nameColumn, columnOf(CREATION)];
  }
}

function columnOf(definition: CustomResourceColumnDefinition): Column {
  const path = parseJsonPath(definition.jsonPath);
  return {
    name: definition.name,
    type: definition.type as Column["type"],
    ...(definition.format ? { format: definition.format } : {}),
    description:
      definition.description || `Custom resource definition column (in JSONPath format): ${definition.jsonPath}`,
    ...(definition.priority ? { priority: definition.priority } : {}),
    cell: (object, { nowMs }) => cellOf(definition.type, firstOf(path, object), nowMs),
  };
}

const NOTHING = Symbol("nothing");

/** Where the path finds nothing, or cannot be followed, the cell stays empty. */
function firstOf(path: JsonPath, object: ApiObject): unknown {
  try {
    const [first = NOTHING] = evaluateJsonPath(path, object);
    return first;
  } catch (error) {
    if (error instanceof JsonPathError) return NOTHING;
    throw error;
  }
}

function cellOf(type: string, value: unknown, nowMs: number): string | number | boolean | null {
  if (value === NOTHING) return null;
  switch (type) {
    case "string":
      return textOf(value);
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null;
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      return typeof value === "string" ? ageOf(value, nowMs) : null;
    default:
      return null;
  }
}

/** Lists and objects as JSON. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return "<no value>";
  if (typeof value === "number") return goNumber(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
