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
  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
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

/** A list whose elements turn into values when they are looked at. */
export class CelList {
  readonly items: readonly unknown[];
  readonly #convert: Convert | undefined;
  /** @param convert absent when the items are values already */
  constructor(items: readonly unknown[], convert?: Convert) {
    this.items = items;
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
  readonly typeName: string = "map";
}

/** A JSON object as a map, or as an object with known fields. */
export class JsonMap extends CelMap {
  readonly #json: Readonly<Record<string, unknown>>;
  readonly #convert: (json: unknown, key: string) => Value;
  readonly #fields: ReadonlyMap<string, string> | undefined;
  override readonly typeName: string;
  /** @param fields for objects with known fields: the JSON name by the name that expressions use */
  constructor(
    json: Readonly<Record<string, unknown>>,
    convert: (json: unknown, key: string) => Value,
    object?: { typeName: string; fields: ReadonlyMap<string, string> },
  ) {
    super();
    this.#json = json;
    this.#convert = convert;
    this.typeName = object?.typeName ?? "map";
    this.#fields = object?.fields;
  }
  get size(): number {
    return this.#names().length;
  }
  get(key: Value): Value | undefined {
    if (typeof key !== "string") return undefined;
    const name = this.#fields === undefined ? key : this.#fields.get(key);
    if (name === undefined || !Object.hasOwn(this.#json, name)) return undefined;
    const json = this.#json[name];
    return json === undefined ? undefined : this.#convert(json, key);
  }
  keys(): Value[] {
    return this.#names();
  }
  #names(): string[] {
    if (this.#fields === undefined) return Object.keys(this.#json).filter((name) => this.#json[name] !== undefined);
    return [...this.#fields].filter(([, name]) => Object.hasOwn(this.#json, name)).map(([key]) => key);
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

export function canonicalKey(key: Value): unknown {
  if (key instanceof Uint) return key.value;
  if (typeof key === "number" && Number.isInteger(key)) return BigInt(key);
  return key;
}
