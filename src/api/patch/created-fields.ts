import type { Schema } from "../schema.ts";
import {
  type ElementPlace,
  type Layout,
  type ListLayout,
  layoutOfObject,
  type MapLayout,
  type Member,
  memberOf,
  type StructLayout,
  UNTYPED_MAP,
} from "./created-layout.ts";
import { textByShape } from "./created-shape.ts";
import { elementKey } from "./field-types.ts";
import { isJsonObject, type JsonObject } from "./json-value.ts";
import { isZero } from "./zero-values.ts";

/**
 * fieldsV1 of an object that somebody just made, as JSON text: what a comparison with nothing gives, without making any sets.
 * Nearly always that text is all that anybody ever needs of it.
 *
 * @returns `{}` when nothing is owned; undefined when nothing is known of the object's type
 * @throws StatusError when an element of a list lacks a key
 */
export function createdFields(
  object: JsonObject,
  of: {
    readonly schema: Schema;
    /** Name of the object's definition. */
    readonly definition: string | undefined;
    /** Fields that this kind of write cannot set. */
    readonly ignored: readonly string[];
  },
): string | undefined {
  const layout = layoutOfObject(of.schema, of.definition, of.ignored);
  if (layout === undefined) return undefined;
  return textByShape(object, layout, () => writeFields(object, layout));
}

function writeFields(object: JsonObject, layout: StructLayout): string {
  const to: Target = { text: "{", separator: "", isWithinNull: false };
  writeStruct(object, layout, to);
  return `${to.text}}`;
}

/** Grows at its end only: a text that is put together in another order takes much longer to be read. */
interface Target {
  text: string;
  /** What comes before the next member: `NEW` when it is the first below a value that is new, nothing below one that was there. */
  separator: string;
  /** Below what was null before: nothing in it was there. */
  isWithinNull: boolean;
}

const NEW = '".":{},';

/** Members below a value, without the braces. */
function writeBelow(value: unknown, layout: Layout, to: Target): void {
  if (layout.kind === "struct") writeStruct(value, layout, to);
  else if (layout.kind === "list") writeList(value, layout, to);
  else if (layout.kind === "map") writeMap(value, layout, to);
  else if (layout.kind === "untyped") writeMap(value, UNTYPED_MAP, to);
}

function writeStruct(value: unknown, layout: StructLayout, to: Target): void {
  if (!isJsonObject(value)) return;
  const isNew = to.separator === NEW || to.isWithinNull;
  to.isWithinNull = false;
  for (const member of membersOf(value, layout)) {
    if (member.isAlwaysThere && !isNew) writeInside(value[member.name], member, to);
    else if (!isNew && member.zero !== undefined && isZero(value[member.name], member.zero)) continue;
    else if (member.layout.kind === "leaf") write(member.whole, to);
    else writeNew(value[member.name], member, to);
  }
}

function write(member: string, to: Target): void {
  to.text += to.separator + member;
  to.separator = ",";
}

function writeNew(value: unknown, { open, layout }: Pick<Member, "open" | "layout">, to: Target): void {
  write(open, to);
  to.separator = NEW;
  writeBelow(value, layout, to);
  to.text += "}";
  to.separator = ",";
}

/** What is in a value that was there before. Where that is nothing, nothing is said. */
function writeInside(value: unknown, { open, layout, zero }: Member, to: Target): void {
  const { text, separator } = to;
  write(open, to);
  const start = to.text;
  to.separator = "";
  to.isWithinNull = zero === null;
  writeBelow(value, layout, to);
  to.isWithinNull = false;
  const isLeaf = layout.kind === "leaf" ? value !== null : isEmptyContainer(value);
  if (to.text !== start || (zero === null && isLeaf)) {
    to.text += "}";
    to.separator = ",";
  } else {
    to.text = text;
    to.separator = separator;
  }
}

function isEmptyContainer(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0;
}

/** The fields that an object has, in the order of their names. They are few, and nearly in order. */
function membersOf(object: JsonObject, layout: StructLayout): Member[] {
  const sorted: Member[] = [];
  for (const name of Object.keys(object)) {
    if (object[name] === undefined) continue;
    const member = memberOf(layout, name);
    if (member === undefined) continue;
    let at = sorted.length;
    for (; at > 0 && sorted[at - 1]!.name > name; at--) sorted[at] = sorted[at - 1]!;
    sorted[at] = member;
  }
  return sorted;
}

function writeMap(value: unknown, { element }: MapLayout, to: Target): void {
  if (!isJsonObject(value)) return;
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  if (keys.length > 1) keys.sort();
  for (const key of keys) writeNew(value[key], { open: opened(key), layout: element }, to);
}

function writeList(value: unknown, layout: ListLayout, to: Target): void {
  if (!Array.isArray(value)) return;
  const elements = value.map((each: unknown) => ({ place: placeOf(each, layout), each }));
  if (elements.length > 1) elements.sort((a, b) => (a.place.key < b.place.key ? -1 : 1));
  elements.forEach(({ place: { key, open }, each }, index) => {
    if (elements[index - 1]?.place.key === key) return;
    // Of elements that repeat each other nothing more is said.
    if (elements[index + 1]?.place.key === key) write(`${open}}`, to);
    else writeNew(each, { open, layout: layout.element }, to);
  });
}

/** Most lists have one key, of which the same few values come again and again. */
function placeOf(element: unknown, { type, places }: ListLayout): ElementPlace {
  const [first, second] = type.kind === "list" ? type.keys : [];
  const value = first !== undefined && second === undefined && isJsonObject(element) ? element[first.name] : undefined;
  if (typeof value !== "string" || value.length > TEXT_LENGTH_MAX) return newPlace(elementKey(type, element));
  let place = places.get(value);
  if (place === undefined) {
    place = newPlace(elementKey(type, element));
    if (places.size < TEXTS_REMEMBERED) places.set(value, place);
  }
  return place;
}

const newPlace = (key: string): ElementPlace => ({ key, open: `${JSON.stringify(key)}:{` });

const TEXTS_REMEMBERED = 1024;
const TEXT_LENGTH_MAX = 64;

const openedKeys = new Map<string, string>();

/** `"f:key":{` */
function opened(key: string): string {
  let text = openedKeys.get(key);
  if (text === undefined) {
    text = `${JSON.stringify(`f:${key}`)}:{`;
    if (openedKeys.size < TEXTS_REMEMBERED && key.length <= TEXT_LENGTH_MAX) openedKeys.set(key, text);
  }
  return text;
}
