import type { Definition, Field } from "../../src/api/schema.ts";
import { atomicLists, atomicMaps, atomicStructs, granularFields, mapLists, sets } from "./overlay/apply.ts";

type MutableDefinition = { -readonly [K in keyof Definition]: Definition[K] } & { fields: Record<string, Field> };

/**
 * Adds to every list, map and struct how server-side apply merges it: what the overlay says, else what the strategic merge
 * tags say, else by type for `conditions`, else lists are atomic.
 *
 * @throws Error when the overlay names something that does not exist
 */
export function addApplyRules(definitions: ReadonlyMap<string, MutableDefinition>): void {
  checkOverlay(definitions);
  for (const name of atomicStructs) definitions.get(name)!.mapType = "atomic";
  for (const [name, definition] of definitions) {
    for (const [fieldName, field] of Object.entries(definition.fields)) {
      definition.fields[fieldName] = { ...field, ...rule(`${name}.${fieldName}`, field, definitions) };
    }
  }
}

function rule(path: string, field: Field, definitions: ReadonlyMap<string, MutableDefinition>): Partial<Field> {
  if (field.container === "list") return listRule(path, field, definitions);
  if (granularFields.includes(path)) return { mapType: "granular" };
  if (atomicMaps.includes(path)) return { mapType: "atomic" };
  const atomic = field.container === undefined && field.ref !== undefined && definitions.get(field.ref)?.mapType;
  return atomic ? { mapType: atomic } : {};
}

function listRule(path: string, field: Field, definitions: ReadonlyMap<string, MutableDefinition>): Partial<Field> {
  const keys = mapLists[path];
  if (keys !== undefined) return { listType: "map", listMapKeys: keys };
  if (sets.includes(path)) return { listType: "set" };
  if (atomicLists.includes(path)) return { listType: "atomic" };
  if (field.patchStrategy?.split(",").includes("merge") && field.patchMergeKey !== undefined) {
    return { listType: "map", listMapKeys: [field.patchMergeKey] };
  }
  const hasType = definitions.get(field.ref ?? "")?.fields.type !== undefined;
  if (path.endsWith(".conditions") && hasType) return { listType: "map", listMapKeys: ["type"] };
  return { listType: "atomic" };
}

function checkOverlay(definitions: ReadonlyMap<string, MutableDefinition>): void {
  const problems: string[] = [];
  const find = (path: string): Field | undefined => {
    const dot = path.lastIndexOf(".");
    const field = definitions.get(path.slice(0, dot))?.fields[path.slice(dot + 1)];
    if (field === undefined) problems.push(`there is no field ${path}`);
    return field;
  };
  for (const [path, keys] of Object.entries(mapLists)) {
    const element = definitions.get(find(path)?.ref ?? "");
    for (const key of keys)
      if (element?.fields[key] === undefined) problems.push(`items of ${path} have no field ${key}`);
  }
  for (const path of [...sets, ...atomicLists]) {
    if (find(path)?.container !== "list") problems.push(`${path} is no list`);
  }
  for (const path of atomicMaps) if (find(path)?.container !== "map") problems.push(`${path} is no map`);
  for (const path of granularFields) find(path);
  for (const name of atomicStructs) if (!definitions.has(name)) problems.push(`there is no definition ${name}`);
  if (problems.length > 0) throw new Error(`overlay/apply.ts does not fit the API:\n${problems.join("\n")}`);
}
