import type { ApiObject } from "../../api/meta.ts";
import { isJsonObject, type JsonObject } from "../../api/patch/json-value.ts";
import { ownBytes } from "../../base/own-bytes.ts";
import type { Content } from "./codec.ts";

/** The content of an object, of which the bytes are known but for a name. */
export interface PreparedContent {
  /** How many bytes it has. */
  readonly length: number;
  /** Writes what stands behind the metadata: a comma and all that follows. */
  write(target: Buffer, at: number): void;
}

/** What objects of one template have beside their metadata. */
export interface LikeContent {
  /**
   * The content of an object of that template; undefined when it is not. What it has in common with others of the template it
   * then shares with them, for as long as anybody knows it: nobody may change that any more.
   */
  contentOf(object: ApiObject, ownName: string | undefined): PreparedContent | undefined;
}

/** Stands where each object has its own generated name. */
const OWN_NAME = Symbol("own name");

/** Names that JSON writes as they are. */
const PLAIN_NAME = /^[\w.-]+$/;

/** Where a name is part of a longer text, or names a field, objects are not told apart by it. */
const NOT_PREPARED = Symbol("not prepared");

/** A list, or an object with its fields in order. */
class Branch {
  readonly keys: readonly string[] | undefined;
  readonly values: readonly Shape[];
  /** What all objects of the template share; undefined where each has its own name inside. */
  readonly shared: object | undefined;

  constructor(keys: readonly string[] | undefined, values: readonly Shape[], value: object) {
    this.keys = keys;
    this.values = values;
    const isOwn = values.some((each) => each === OWN_NAME || (each instanceof Branch && each.shared === undefined));
    this.shared = isOwn ? undefined : value;
  }
}

/** A value as it must be: scalars themselves. */
type Shape = Branch | typeof OWN_NAME | string | number | boolean | null;

/**
 * Prepares for objects that have the same beside their metadata as this one. To compare a value with what it must be is a
 * quarter of the work of writing it.
 *
 * @param ownName the object's own generated name, in place of which others of its template have theirs
 * @returns undefined where that is not worth while
 */
export function prepareLike(
  object: ApiObject,
  { text, hasLongIntegers }: Content,
  ownName: string | undefined,
): LikeContent | undefined {
  if (hasLongIntegers || text === "{}" || (ownName !== undefined && !PLAIN_NAME.test(ownName))) return undefined;
  const { apiVersion: _a, kind: _k, metadata: _m, ...content } = object;
  const shape = shapeOf(content, ownName);
  if (!(shape instanceof Branch)) return undefined;
  const bytes = ownBytes(`,${text.slice(1)}`);
  const names = ownName === undefined ? [] : placesOf(bytes, ownName);
  const others = ownName === undefined ? text : text.replaceAll(ownName, "");
  return {
    contentOf(other, name) {
      if (name?.length !== ownName?.length || !isContentOf(other, shape, name)) return undefined;
      if (name !== undefined && name !== ownName && (!PLAIN_NAME.test(name) || others.includes(name))) return undefined;
      shareParts(other as unknown as JsonObject, shape);
      return new Prepared(bytes, names, name);
    },
  };
}

class Prepared implements PreparedContent {
  readonly #bytes: Buffer;
  readonly #names: readonly number[];
  readonly #name: string | undefined;

  constructor(bytes: Buffer, names: readonly number[], name: string | undefined) {
    this.#bytes = bytes;
    this.#names = names;
    this.#name = name;
  }

  get length(): number {
    return this.#bytes.length;
  }

  write(target: Buffer, at: number): void {
    this.#bytes.copy(target, at);
    if (this.#name === undefined) return;
    for (const place of this.#names) target.write(this.#name, at + place, "latin1");
  }
}

function placesOf(bytes: Buffer, name: string): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + name.length)) places.push(at);
  return places;
}

function shapeOf(value: unknown, ownName: string | undefined): Shape | typeof NOT_PREPARED {
  if (typeof value === "string") {
    if (value === ownName) return OWN_NAME;
    return ownName !== undefined && value.includes(ownName) ? NOT_PREPARED : value;
  }
  if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
  const isList = Array.isArray(value);
  if (!isList && !isJsonObject(value)) return NOT_PREPARED;
  const keys = isList ? undefined : Object.keys(value).filter((key) => (value as JsonObject)[key] !== undefined);
  if (ownName !== undefined && keys?.some((key) => key.includes(ownName))) return NOT_PREPARED;
  const values = (isList ? value : keys!.map((key) => (value as JsonObject)[key])).map((each) =>
    shapeOf(each, ownName),
  );
  return values.includes(NOT_PREPARED) ? NOT_PREPARED : new Branch(keys, values as Shape[], value as object);
}

function isContentOf(object: ApiObject, { keys, values }: Branch, ownName: string | undefined): boolean {
  let at = 0;
  for (const key in object) {
    if (key === "metadata" || key === "kind" || key === "apiVersion") continue;
    const value = (object as unknown as JsonObject)[key];
    if (value === undefined) continue;
    if (key !== keys![at] || !isOfShape(value, values[at]!, ownName)) return false;
    at++;
  }
  return at === keys!.length;
}

/** Whether the value is written in the same way: also the order of fields is the same. */
function isOfShape(value: unknown, shape: Shape, ownName: string | undefined): boolean {
  if (typeof value !== "object" || value === null) return value === (shape === OWN_NAME ? ownName : shape);
  if (!(shape instanceof Branch)) return false;
  const { keys, values } = shape;
  if (Array.isArray(value)) {
    if (keys !== undefined || value.length !== values.length) return false;
    for (let at = 0; at < value.length; at++) if (!isOfShape(value[at], values[at]!, ownName)) return false;
    return true;
  }
  if (keys === undefined) return false;
  let at = 0;
  // What is plain has no fields but its own, and no list of them is made so.
  for (const key in value) {
    const field = (value as JsonObject)[key];
    if (field === undefined) continue;
    if (key !== keys[at] || !isOfShape(field, values[at]!, ownName)) return false;
    at++;
  }
  return at === keys.length;
}

/** Puts the parts that are shared in the place of equal ones, which are forgotten then. */
function shareParts(value: JsonObject, { keys, values }: Branch): void {
  for (let at = 0; at < values.length; at++) {
    const part = values[at]!;
    if (!(part instanceof Branch)) continue;
    const key = keys === undefined ? at : keys[at]!;
    if (part.shared === undefined) shareParts(value[key] as JsonObject, part);
    else value[key] = part.shared;
  }
}
