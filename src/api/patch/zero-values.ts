import type { Definition, Field, Schema } from "../schema.ts";
import { isJsonObject } from "./json-value.ts";

/**
 * What Go has in a field that nobody set and that it writes nevertheless: an empty struct where it is no pointer, null for a list
 * or map, 0, `false` or an empty text for scalars without `omitempty`. A field that was so before and is so now has not changed.
 *
 * @returns undefined for a field that Go leaves out
 */
export function zeroOf(schema: Schema, field: Field, name: string): unknown {
  // Alone in saying omitzero.
  if (name === "creationTimestamp") return undefined;
  const isWritten = field.keepEmpty === true;
  if (field.pointer === true || field.container !== undefined) return isWritten ? null : undefined;
  const definition = field.ref === undefined ? undefined : schema.definitions[field.ref];
  if (definition === undefined) return isWritten ? zeroOfScalar(field.type) : undefined;
  const isStruct = definition.special === undefined && definition.value === undefined;
  if (isStruct) return EMPTY_STRUCT;
  return zeroOfSpecial(definition);
}

/** Whether a value is that: null stands for it. */
export function isZero(value: unknown, zero: unknown): boolean {
  if (zero === undefined) return false;
  if (value === null || value === zero) return true;
  return zero === EMPTY_STRUCT && isJsonObject(value) && Object.keys(value).length === 0;
}

const EMPTY_STRUCT: object = Object.freeze({});

/** What a scalar is where it is left out and Go writes it nevertheless. */
export function zeroOfScalar(type: Field["type"]): unknown {
  if (type === "integer" || type === "number") return 0;
  if (type === "boolean") return false;
  return type === "string" ? "" : null;
}

/** They are structs in Go, which are never left out. */
function zeroOfSpecial({ special }: Definition): unknown {
  switch (special) {
    case "quantity":
      return "0";
    case "intOrString":
      return 0;
    default:
      return null;
  }
}
