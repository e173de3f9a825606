import type { AnyObject, ApiObject } from "../../api/meta.ts";
import { validateAnnotations } from "../../api/object-meta.ts";
import { equalJson, isJsonObject, type JsonObject } from "../../api/patch/json-value.ts";
import { validateLabels } from "../../api/selectors.ts";

/** What identifies an object, which a conversion must leave alone; the reason why it did not, or undefined. */
export function checkConverted(original: ApiObject, converted: ApiObject): string | undefined {
  const identity = ({ kind, metadata }: ApiObject) => [
    ["kind", kind ?? ""],
    ["name", metadata?.name ?? ""],
    ["namespace", metadata?.namespace ?? ""],
    ["UID", metadata?.uid ?? ""],
  ];
  const wanted = identity(original);
  const got = identity(converted);
  const at = wanted.findIndex(([, value], index) => value !== got[index]![1]);
  return at < 0 ? undefined : `must have the same ${wanted[at]![0]}: ${wanted[at]![1]} != ${got[at]![1]}`;
}

/** The converted object with the original's metadata, but its own labels and annotations; a text says what is wrong with these. */
export function withOriginalMetadata(original: ApiObject, converted: AnyObject): ApiObject | string {
  if (converted.metadata === undefined) return "missing metadata in converted object";
  if (!isJsonObject(converted.metadata)) {
    return `invalid metadata of type ${goType(converted.metadata)} in converted object`;
  }
  const metadata: JsonObject = { ...original.metadata };
  for (const field of ["labels", "annotations"] as const) {
    const value: unknown = converted.metadata[field];
    if (value === undefined || value === null) {
      delete metadata[field];
      continue;
    }
    if (!isJsonObject(value)) return `invalid metadata.${field} of type ${goType(value)} in converted object`;
    const wrong = Object.entries(value).find(([, each]) => typeof each !== "string");
    if (wrong !== undefined) {
      return `metadata.${field}[${wrong[0]}] must be a string, but is ${goType(wrong[1])} in converted object`;
    }
    const map = value as Record<string, string>;
    if (!equalJson(map, metadata[field])) {
      const errors =
        field === "labels" ? validateLabels(map, "metadata.labels") : validateAnnotations(map, "metadata.annotation");
      if (errors.length > 0) return errors.map((error) => `${error.field}: ${error.message}`).join(", ");
    }
    metadata[field] = map;
  }
  return { ...converted, metadata };
}

/** How Go names the type of a JSON value. */
function goType(value: unknown): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "bigint") return "int64";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "map[string]interface {}";
}
