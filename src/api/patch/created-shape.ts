import { type Layout, type ListLayout, memberOf, type StructLayout, UNTYPED } from "./created-layout.ts";
import { getField, isJsonObject, type JsonObject } from "./json-value.ts";
import { isZero } from "./zero-values.ts";

/**
 * What fieldsV1 of a new object depends on: names of fields, keys of maps, what tells elements of lists apart. Workloads make thousands
 * of objects of one shape, and to see that an object has it is a small part of the work of writing its fields.
 */
export interface Shape {
  readonly tokens: readonly unknown[];
  readonly text: string;
}

const SHAPES_REMEMBERED = 4;
const TEXT_LENGTH_MAX = 16_384;

const shapes = new WeakMap<StructLayout, Shape[]>();

/** The text that was written for an object of exactly this shape not long ago, or is written now. */
export function textByShape(object: JsonObject, layout: StructLayout, write: () => string): string {
  const recent = shapes.get(layout) ?? [];
  const at = recent.findIndex(({ tokens }) => isOfShape(object, layout, tokens));
  const known = recent[at];
  if (known !== undefined) {
    if (at > 0) recent.unshift(...recent.splice(at, 1));
    return known.text;
  }
  const text = write();
  const tokens: unknown[] = [];
  if (text.length > TEXT_LENGTH_MAX || !note(object, layout, tokens)) return text;
  // In one piece: what hundreds of pieces were joined to would be put together again for every object.
  const shape = { tokens, text: Buffer.from(text).toString() };
  shapes.set(layout, [shape, ...recent.slice(0, SHAPES_REMEMBERED - 1)]);
  return shape.text;
}

/** Ends the fields of an object or the elements of a list. */
const END = Symbol("end");
/** Stands for what is not as its type has it. */
const OTHER = Symbol("other");

const otherThan = (value: unknown) => (value === null ? null : OTHER);

/** Writes down the shape: names with the layout of what is to be looked into. Answers false for what has none. */
function note(value: unknown, layout: Layout, tokens: unknown[]): boolean {
  if (layout.kind === "leaf") tokens.push(isZero(value, layout.zero));
  else if (layout.kind === "list") return noteList(value, layout, tokens);
  else if (isJsonObject(value)) {
    for (const name of Object.keys(value)) {
      if (value[name] === undefined) continue;
      const below = layoutBelow(layout, name);
      tokens.push(name, below);
      if (below !== undefined && !note(value[name], below, tokens)) return false;
    }
    tokens.push(END);
  } else tokens.push(otherThan(value));
  return true;
}

function layoutBelow(layout: Exclude<Layout, ListLayout>, name: string): Layout | undefined {
  if (layout.kind === "struct") {
    const member = memberOf(layout, name);
    return member?.zero !== undefined || member?.layout.kind !== "leaf" ? member?.layout : undefined;
  }
  if (layout.kind !== "map") return UNTYPED;
  return layout.element.kind === "leaf" ? undefined : layout.element;
}

function noteList(value: unknown, { type, element }: ListLayout, tokens: unknown[]): boolean {
  if (!Array.isArray(value)) return tokens.push(OTHER) > 0;
  for (const each of value) {
    const keys = type.kind === "set" ? [each] : type.keys.map(({ name }) => getField(each as JsonObject, name));
    if (keys.some((key) => typeof key === "object")) return false;
    tokens.push(...keys);
    if (type.kind === "list" && !note(each, element, tokens)) return false;
  }
  return tokens.push(END) > 0;
}

interface Tape {
  readonly tokens: readonly unknown[];
  at: number;
}

function isOfShape(object: JsonObject, layout: StructLayout, tokens: readonly unknown[]): boolean {
  return compare(object, layout, { tokens, at: 0 });
}

function compare(value: unknown, layout: Layout, tape: Tape): boolean {
  const { tokens } = tape;
  if (layout.kind === "leaf") return tokens[tape.at++] === isZero(value, layout.zero);
  if (layout.kind === "list") return compareList(value, layout, tape);
  if (!isJsonObject(value)) return tokens[tape.at++] === otherThan(value);
  for (const name in value) {
    const each = value[name];
    if (each === undefined) continue;
    if (tokens[tape.at++] !== name) return false;
    const below = tokens[tape.at++] as Layout | undefined;
    if (below !== undefined && !compare(each, below, tape)) return false;
  }
  return tokens[tape.at++] === END;
}

function compareList(value: unknown, { type, element }: ListLayout, tape: Tape): boolean {
  const { tokens } = tape;
  if (!Array.isArray(value)) return tokens[tape.at++] === OTHER;
  for (const each of value) {
    if (type.kind === "set") {
      if (tokens[tape.at++] !== each) return false;
      continue;
    }
    if (!isJsonObject(each)) return false;
    for (const { name } of type.keys) if (tokens[tape.at++] !== getField(each, name)) return false;
    if (!compare(each, element, tape)) return false;
  }
  return tokens[tape.at++] === END;
}
