import type { Schema } from "../schema.ts";
import { asMember, EMPTY_SET, type FieldSet, isEmptySet } from "./field-set.ts";
import { type FieldType, typeBelow } from "./field-types.ts";

/**
 * What a manager owns once the type of the object has changed since: of what is replaced as a whole now, whoever owned parts
 * owns all of it (structured-merge-diff: ReconcileFieldSetWithSchema). Answers the same set when nothing changed.
 */
export function reconcileFields(set: FieldSet, type: FieldType, schema: Schema): FieldSet {
  let changed: Record<string, FieldSet> | undefined;
  for (const element of Object.keys(set)) {
    const below = set[element]!;
    if (isEmptySet(below)) continue;
    const childType = typeOfPart(element, type, schema);
    if (childType === undefined) continue;
    const after = childType.kind === "atomic" ? EMPTY_SET : reconcileFields(below, childType, schema);
    if (after === below) continue;
    changed ??= { ...set };
    changed[element] = below["."] === undefined ? after : asMember(after);
  }
  return changed ?? set;
}

function typeOfPart(element: string, type: FieldType, schema: Schema): FieldType | undefined {
  if (element.startsWith("f:")) {
    return type.kind === "struct" || type.kind === "map" ? typeBelow(schema, type, element.slice(2)) : undefined;
  }
  return type.kind === "list" && element.startsWith("k:") ? type.element : undefined;
}
