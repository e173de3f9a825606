import { findProperty } from "../types/property-names.ts";
import { spendWork } from "./work.ts";

/** What an expression computes with. Integers are bigints, doubles are numbers. */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Uint
  | Timestamp
  | Duration
  | TypeValue
  | Optional
  | CelList
  | CelMap
  | MessageValue
  | OpaqueValue;

/** Turns what the API holds into a value; made from a declared type. */
export type Convert = (json: unknown) => Value;

export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

export class Timestamp {
  /** Since the epoch. */
  readonly nanoseconds: bigint;
  /** Of the place where it was written down, east of Greenwich: shown again where it becomes a text. */
  readonly offsetMinutes: number;
  constructor(nanoseconds: bigint, offsetMinutes = 0) {
    this.nanoseconds = nanoseconds;
    this.offsetMinutes = offsetMinutes;
  }
}

export class Duration {
  readonly nanoseconds: bigint;
  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }
}

export class TypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export class Optional {
  static readonly none = new Optional(undefined);
  readonly value: Value | undefined;
  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** Values of the libraries' own types: quantities, addresses, links … */
export abstract class OpaqueValue {
  abstract readonly typeName: string;
  abstract equals(other: OpaqueValue): boolean;
  /** Counts when costs are; not what `size()` gives. */
  get size(): number | undefined {
    return undefined;
  }
}

/** What makes elements of a list that is a set or a map the same: all of them, or those fields. */
export type ListIdentity = "whole" | readonly string[];

/** A list whose elements turn into values when they are looked at. */
export class CelList {
  readonly items: readonly unknown[];
  /** Set where the order of elements does not matter. */
  readonly identity: ListIdentity | undefined;
  readonly #convert: Convert | undefined;
  /** @param convert absent when the items are values already */
  constructor(items: readonly unknown[], convert?: Convert, identity?: ListIdentity) {
    this.items = items;
    this.identity = identity;
    this.#convert = convert;
  }
  get size(): number {
    return this.items.length;
  }
  at(index: number): Value {
    return this.#convert === undefined ? (this.items[index] as Value) : this.#convert(this.items[index]);
  }
  values(): Value[] {
    return this.#convert === undefined ? (this.items as Value[]).slice() : this.items.map(this.#convert);
  }
}

export abstract class CelMap {
  abstract readonly size: number;
  /** Undefined when there is no such key. */
  abstract get(key: Value): Value | undefined;
  abstract keys(): Value[];
  /** As `type()` tells it. */
  get typeName(): string {
    return "map";
  }
}

/** A JSON object as a map. */
export class JsonMap extends CelMap {
  readonly #json: Readonly<Record<string, unknown>>;
  readonly #convert: Convert;
  constructor(json: Readonly<Record<string, unknown>>, convert: Convert) {
    super();
    this.#json = json;
    this.#convert = convert;
  }
  get size(): number {
    return this.keys().length;
  }
  get(key: Value): Value | undefined {
    if (typeof key !== "string" || !Object.hasOwn(this.#json, key)) return undefined;
    const json = this.#json[key];
    return json === undefined ? undefined : this.#convert(json);
  }
  keys(): Value[] {
    const names = Object.keys(this.#json);
    spendWork(names.length);
    return names.filter((name) => this.#json[name] !== undefined);
  }
}

/** What is known of an object's fields, by the names that expressions use. */
export interface ObjectShape {
  readonly typeName: string;
  readonly fields: ReadonlyMap<string, { readonly json: string; readonly convert: Convert }>;
}

/** A JSON object with known fields; it has no others. */
export class JsonObject extends CelMap {
  readonly #json: Readonly<Record<string, unknown>>;
  readonly #shape: ObjectShape;
  constructor(json: Readonly<Record<string, unknown>>, shape: ObjectShape) {
    super();
    this.#json = json;
    this.#shape = shape;
  }
  override get typeName(): string {
    return this.#shape.typeName;
  }
  /** Fields that no expression can name count as well. */
  get size(): number {
    return Object.keys(this.#json).length;
  }
  get(key: Value): Value | undefined {
    const field = typeof key === "string" ? findProperty(this.#shape.fields, key) : undefined;
    if (field === undefined || !Object.hasOwn(this.#json, field.json)) return undefined;
    // A field that is null is treated as one that is absent.
    const json = this.#json[field.json] ?? undefined;
    return json === undefined ? undefined : field.convert(json);
  }
  keys(): Value[] {
    return [...this.#shape.fields].filter(([, { json }]) => Object.hasOwn(this.#json, json)).map(([name]) => name);
  }
  /** Fields that the type does not have, as they are. */
  unknownFields(): [name: string, json: unknown][] {
    const known = new Set([...this.#shape.fields.values()].map(({ json }) => json));
    return Object.entries(this.#json).filter(([name]) => !known.has(name));
  }
}

/** A map that an expression made. Numbers of different types that are equal are one key. */
export class EntryMap extends CelMap {
  readonly #entries: ReadonlyMap<unknown, readonly [Value, Value]>;
  constructor(entries: Iterable<readonly [Value, Value]>) {
    super();
    const map = new Map<unknown, readonly [Value, Value]>();
    for (const entry of entries) map.set(canonicalKey(entry[0]), entry);
    this.#entries = map;
  }
  get size(): number {
    return this.#entries.size;
  }
  get(key: Value): Value | undefined {
    return this.#entries.get(canonicalKey(key))?.[1];
  }
  keys(): Value[] {
    return [...this.#entries.values()].map(([key]) => key);
  }
}

/** `Object{…}` and `JSONPatch{…}`. */
export class MessageValue {
  readonly typeName: string;
  readonly fields: ReadonlyMap<string, Value>;
  constructor(typeName: string, fields: ReadonlyMap<string, Value>) {
    this.typeName = typeName;
    this.fields = fields;
  }
}

function canonicalKey(key: Value): unknown {
  if (key instanceof Uint) return key.value;
  if (typeof key === "number" && Number.isInteger(key)) return BigInt(key);
  return key;
}
