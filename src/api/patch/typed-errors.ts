import { printedInGo, syntaxInGo } from "../go-text.ts";
import type { Field, Schema, SpecialType } from "../schema.ts";
import { pathText } from "./field-set.ts";
import { keysOfElement, keysOfList, omitsKeys } from "./field-types.ts";
import { isJsonObject, type JsonObject } from "./json-value.ts";

/**
 * What structured-merge-diff, upstream's library of server-side apply, has against a configuration of a built-in kind: fields that
 * are not of its type, values of another type, elements of lists without their keys or twice. One text an error, e.g.
 * `.spec.replicas: expected numeric (int or float), got string`.
 */
export function typedErrors(value: JsonObject, schema: Schema, definition: string): string[] {
  const found: string[] = [];
  walkStruct(value, definition, { schema, path: "", found });
  return found;
}

interface At {
  readonly schema: Schema;
  readonly path: string;
  readonly found: string[];
}

function walkStruct(value: unknown, definition: string, at: At): void {
  const known = at.schema.definitions[definition];
  if (known === undefined || value === null) return;
  if (known.special !== undefined) {
    const isScalar = typeof value !== "object";
    if (SCALARS.includes(known.special) && !isScalar) tell(at, `expected any scalar, got &{${printedInGo(value)}}`);
  } else if (known.value !== undefined) walkField(value, known.value, at);
  else if (!isJsonObject(value)) tell(at, `expected map, got &{${printedInGo(value)}}`);
  else {
    for (const key of Object.keys(value)) {
      const below = { ...at, path: `${at.path}.${key}` };
      if (Object.hasOwn(known.fields, key)) walkField(value[key], known.fields[key]!, below);
      else tell(below, "field not declared in schema");
    }
  }
}

/** Structs in Go, which are written as one text or number. */
const SCALARS: readonly SpecialType[] = ["quantity", "intOrString", "time", "microTime"];

function walkField(value: unknown, field: Field, at: At): void {
  if (value === null || value === undefined) return;
  if (field.container === undefined) walkElement(value, field, at);
  else if (field.container === "list") walkList(value, field, at);
  else if (!isJsonObject(value)) tell(at, `expected map, got &{${printedInGo(value)}}`);
  else {
    for (const key of Object.keys(value)) walkElement(value[key], field, { ...at, path: `${at.path}.${key}` });
  }
}

function walkList(value: unknown, field: Field, at: At): void {
  if (!Array.isArray(value)) {
    tell(at, `expected list, got &{${printedInGo(value)}}`);
    return;
  }
  const places = new Set<string>();
  for (const [index, element] of value.entries()) {
    const place = placeOf(element, index, field, at);
    if (place === undefined) continue;
    if (places.has(place)) tell(at, `duplicate entries for key ${place}`);
    places.add(place);
    walkElement(element, field, { ...at, path: `${at.path}${place}` });
  }
}

/** How the path goes on to an element; undefined where that is told already. */
function placeOf(element: unknown, index: number, field: Field, at: At): string | undefined {
  if (field.listType !== "set" && field.listType !== "map") return `[${index}]`;
  const refuse = (why: string): undefined => {
    tell(at, `element ${index}: ${why}`);
  };
  if (field.listType === "set") {
    const why = whyNoMember(element);
    return why === undefined ? pathText([`v:${JSON.stringify(element)}`]) : refuse(why);
  }
  if (element === null) return refuse("associative list with keys may not have a null element");
  if (!isJsonObject(element)) return refuse("associative list with keys may not have non-map elements");
  const keys = field.listMapKeys ?? [];
  return keyedPlace(element, field, at.schema) ?? refuse(`associative list with keys ${omitsKeys(keys)}`);
}

/** What a set cannot hold. */
function whyNoMember(element: unknown): string | undefined {
  if (element === null) return "associative list without keys has an element that's an explicit null";
  if (Array.isArray(element)) return "not supported: associative list with lists as elements";
  return isJsonObject(element) ? "associative list without keys has an element that's a map type" : undefined;
}

/** `[name="a"]`; undefined when the element has none of the list's keys. */
function keyedPlace(element: JsonObject, field: Field, schema: Schema): string | undefined {
  const keys = keysOfElement(keysOfList(schema, field), element);
  return keys && pathText([`k:${JSON.stringify(keys)}`]);
}

/** A path such as `spec.list[0].field` as that library writes it: `.spec.list[name="a"].field`. */
export function typedPath(path: string, of: { value: JsonObject; schema: Schema; definition: string }): string {
  let text = "";
  let value: unknown = of.value;
  let field: Field | undefined = { ref: of.definition };
  for (const [whole, name, index] of path.matchAll(/\.?([^.[\]]+)|\[(\d+)\]/g)) {
    if (name !== undefined) {
      text += `.${name}`;
      value = isJsonObject(value) ? value[name] : undefined;
      field = fieldIn(field, name, of.schema);
      continue;
    }
    value = Array.isArray(value) ? value[Number(index)] : undefined;
    const isKeyed = field?.listType === "map" && isJsonObject(value);
    text += (isKeyed && keyedPlace(value as JsonObject, field!, of.schema)) || whole;
    field = elementOf(field);
  }
  return text;
}

function fieldIn(field: Field | undefined, name: string, schema: Schema): Field | undefined {
  if (field?.container === "map") return elementOf(field);
  return field?.ref === undefined ? undefined : schema.definitions[field.ref]?.fields[name];
}

function elementOf(field: Field | undefined): Field | undefined {
  return field?.ref === undefined ? undefined : { ref: field.ref };
}

function walkElement(value: unknown, field: Field, at: At): void {
  if (value === null || value === undefined) return;
  if (field.ref !== undefined) walkStruct(value, field.ref, at);
  else checkScalar(value, field, at);
}

function checkScalar(value: unknown, { type }: Field, at: At): void {
  if (type === "string" || type === "bytes") {
    if (typeof value !== "string")
      tell(at, `expected string, got &value.valueUnstructured{Value:${syntaxInGo(value)}}`);
  } else if (type === "integer" || type === "number") {
    const isNumber = typeof value === "number" || typeof value === "bigint";
    if (!isNumber) tell(at, `expected numeric (int or float), got ${goType(value)}`);
  } else if (type === "boolean" && typeof value !== "boolean")
    tell(at, `expected boolean, got &{${printedInGo(value)}}`);
}

function tell({ path, found }: At, why: string): void {
  found.push(`${path}: ${why}`);
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (isJsonObject(value)) return "map[string]interface {}";
  return typeof value === "boolean" ? "bool" : typeof value;
}
