import { isJsonObject, type JsonObject, setField } from "./patch/json-value.ts";
import { checkedScalar, checkedSpecial, type Place, TypeMismatchError } from "./scalar-values.ts";
import type { Definition, Field, Schema } from "./schema.ts";

/**
 * Reads an object as its type holds it, when nothing is wrong with it: no unknown fields, nothing of another type. Nearly all
 * objects are so, and need no account of where everything stands.
 *
 * @param known an object that was read before: what the value shares with it, in the same field, is taken as it is
 * @param isOwned whether the value may be changed and become part of the result; it may also be changed when the answer is undefined,
 *   but not in what `normalizeObject` makes of it
 * @returns undefined when somebody has to say what is wrong
 */
export function readSound(
  value: JsonObject,
  of: { schema: Schema; definition: string; known?: JsonObject | undefined; isOwned?: boolean | undefined },
): JsonObject | undefined {
  const { schema, known, isOwned = false } = of;
  const found = schema.definitions[of.definition];
  if (found === undefined) return undefined;
  try {
    return readStruct(value, readersOf(schema, found), { isOwned, known });
  } catch (error) {
    if (error instanceof TypeMismatchError) return undefined;
    throw error;
  }
}

/** What a field holds of a value that is not null; undefined when Go's `omitempty` leaves it out. @throws TypeMismatchError */
type Read = (value: unknown, isOwned: boolean, known?: unknown) => unknown;

type Readers = ReadonlyMap<string, Read>;

/** Thrown for what is wrong: nobody reads what it says. */
const UNSOUND = new TypeMismatchError("not as the type has it");

function unsound(): never {
  throw UNSOUND;
}

function readStruct(value: unknown, readers: Readers, of: { isOwned: boolean; known: unknown }): JsonObject {
  if (!isJsonObject(value)) return unsound();
  const { isOwned } = of;
  const before = isJsonObject(of.known) ? of.known : undefined;
  const result: JsonObject = isOwned ? value : {};
  let lacks = false;
  // Plain objects have no fields but their own, and make no list of them so.
  for (const key in value) {
    const read = readers.get(key) ?? unsound();
    const given = value[key];
    let kept: unknown;
    if (given !== null && given !== undefined) {
      const was = before?.[key];
      kept = typeof given === "object" && given === was ? was : read(given, isOwned, was);
    }
    if (isOwned ? kept !== given : kept !== undefined) result[key] = kept;
    lacks ||= kept === undefined;
  }
  return isOwned && lacks ? withoutMissing(value) : result;
}

/** A new object is cheaper to work with than one that fields were deleted from. */
function withoutMissing(value: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(value)) if (value[key] !== undefined) result[key] = value[key];
  return result;
}

const readers = new WeakMap<Definition, Readers>();

function readersOf(schema: Schema, definition: Definition): Readers {
  let known = readers.get(definition) as Map<string, Read> | undefined;
  if (known !== undefined) return known;
  known = new Map();
  // Known before its fields are, for structs may hold themselves.
  readers.set(definition, known);
  for (const [name, field] of Object.entries(definition.fields)) known.set(name, fieldReader(schema, field));
  return known;
}

function fieldReader(schema: Schema, field: Field): Read {
  const isKept = field.keepEmpty === true;
  const element = elementReader(schema, field);
  if (field.container === "list") {
    return (value, isOwned) => {
      const list = readList(value, element, isOwned);
      return list.length === 0 && !isKept ? undefined : list;
    };
  }
  if (field.container === "map") {
    return (value, isOwned) => {
      const map = readMap(value, element, isOwned);
      return !isKept && isEmpty(map) ? undefined : map;
    };
  }
  if (isKept || field.pointer === true || field.ref !== undefined || field.type === undefined) return element;
  const zero = zeroOf(field);
  return (value, isOwned) => {
    const read = element(value, isOwned);
    return read === zero ? undefined : read;
  };
}

function isEmpty(object: JsonObject): boolean {
  for (const _ in object) return false;
  return true;
}

function readList(value: unknown, read: Read, isOwned: boolean): unknown[] {
  if (!Array.isArray(value)) return unsound();
  const list = isOwned ? value : new Array<unknown>(value.length);
  for (let index = 0; index < value.length; index++) list[index] = read(value[index], isOwned);
  return list;
}

function readMap(value: unknown, read: Read, isOwned: boolean): JsonObject {
  if (!isJsonObject(value)) return unsound();
  const map: JsonObject = isOwned ? value : {};
  for (const key of Object.keys(value)) {
    const kept = read(value[key], isOwned);
    if (!isOwned || kept !== value[key]) setField(map, key, kept);
  }
  return map;
}

/** Reads what a field holds, or an element of it, which may be null. */
function elementReader(schema: Schema, field: Field): Read {
  const definition = field.ref === undefined ? undefined : schema.definitions[field.ref];
  if (field.ref === undefined) return field.type === undefined ? (value) => value : scalarReader(field);
  if (definition === undefined) return unsound;
  const { special } = definition;
  if (special === undefined) {
    let inside: Readers | undefined;
    return (value, isOwned, known) =>
      value === null ? {} : readStruct(value, (inside ??= readersOf(schema, definition)), { isOwned, known });
  }
  // Those may have schemas in them, in which fields may be unknown.
  if (special.startsWith("jsonSchemaProps")) return unsound;
  return (value) => (value === null ? value : checkedSpecial(value, special, NOWHERE));
}

function scalarReader(field: Field): Read {
  const zero = zeroOf(field);
  if (field.type === "string")
    return (value) => (typeof value === "string" ? value : value === null ? zero : unsound());
  return (value) => (value === null ? zero : checkedScalar(value, field, NOWHERE));
}

const NOWHERE: Place = { struct: "", path: "" };

function zeroOf({ type }: Field): string | number | boolean {
  if (type === "boolean") return false;
  return type === "integer" || type === "number" ? 0 : "";
}
