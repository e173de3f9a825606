import type { Definition, Schema } from "../schema.ts";
import { type FieldType, typeBelow, typeOfDefinition } from "./field-types.ts";
import { UNOWNED_METADATA } from "./managers.ts";
import { zeroOf } from "./zero-values.ts";

/** What a walk that tells the fields of a value has to know of its type, found out once a type. */
export type Layout = StructLayout | MapLayout | ListLayout | LeafLayout | { readonly kind: "untyped" };

export interface LeafLayout {
  readonly kind: "leaf";
  /** What Go has where nobody set anything, of those that it writes nevertheless. */
  readonly zero?: unknown;
}

export interface StructLayout {
  readonly kind: "struct";
  /** By name; undefined for what nobody comes to own. */
  readonly members: ReadonlyMap<string, Member | undefined>;
}

export interface MapLayout {
  readonly kind: "map";
  readonly element: Layout;
}

export interface ListLayout {
  readonly kind: "list";
  readonly type: FieldType & { kind: "list" | "set" };
  readonly element: Layout;
  /** Of elements of a list with one key, by that key's value; as many as are worth remembering. */
  readonly places: Map<string, ElementPlace>;
}

export interface ElementPlace {
  /** `k:{"name":"web"}` */
  readonly key: string;
  /** `"k:{\\"name\\":\\"web\\"}":{` */
  readonly open: string;
}

/** A field of a struct. */
export interface Member {
  readonly name: string;
  /** `"f:name":{` */
  readonly open: string;
  /** `"f:name":{}` */
  readonly whole: string;
  readonly layout: Layout;
  /**
   * True for what Go always has, structs that are no pointers and what has no omitempty: only what is in it is new, and without
   * that there is nothing to tell.
   */
  readonly isAlwaysThere: boolean;
  /** What Go has where nobody set anything: who makes an object with that does not come to own it. */
  readonly zero?: unknown;
}

const LEAF: Layout = { kind: "leaf" };
export const UNTYPED: Layout = { kind: "untyped" };
export const UNTYPED_MAP: MapLayout = { kind: "map", element: UNTYPED };

/**
 * Of a whole object: without what names it, belongs to the server or is ignored.
 * @returns undefined when nothing is known of its type
 */
export function layoutOfObject(
  schema: Schema,
  definition: string | undefined,
  ignored: readonly string[],
): StructLayout | undefined {
  const type = typeOfDefinition(schema, definition);
  if (type.kind !== "struct") return undefined;
  let known = objects.get(type.definition);
  if (known === undefined) objects.set(type.definition, (known = new Map()));
  const key = ignored.join();
  let layout = known.get(key);
  if (layout === undefined) {
    layout = makeObject(layoutOfStruct(schema, type), ignored);
    if (layout !== undefined) known.set(key, layout);
  }
  return layout;
}

const objects = new WeakMap<Definition, Map<string, StructLayout>>();

function makeObject({ members }: StructLayout, ignored: readonly string[]): StructLayout | undefined {
  const metadata = members.get("metadata");
  if (metadata?.isAlwaysThere !== true || metadata.layout.kind !== "struct") return undefined;
  const layout = without(metadata.layout, UNOWNED_METADATA);
  const whole: StructLayout = { kind: "struct", members: new Map([...members, ["metadata", { ...metadata, layout }]]) };
  return without(whole, ["apiVersion", "kind", ...ignored]);
}

function without({ kind, members }: StructLayout, names: readonly string[]): StructLayout {
  return { kind, members: new Map([...members, ...names.map((name) => [name, undefined] as const)]) };
}

const structs = new WeakMap<Definition, StructLayout>();

function layoutOfStruct(schema: Schema, type: FieldType & { kind: "struct" }): StructLayout {
  const known = structs.get(type.definition);
  if (known !== undefined) return known;
  const members = new Map<string, Member>();
  const layout: StructLayout = { kind: "struct", members };
  // Known before its members are, for structs may hold themselves.
  structs.set(type.definition, layout);
  for (const [name, field] of Object.entries(type.definition.fields)) {
    const below = typeBelow(schema, type, name);
    const zero = zeroOf(schema, field, name);
    const layout = layoutOf(schema, below);
    members.set(name, {
      ...unknownMember(name),
      layout: layout.kind === "leaf" ? { kind: "leaf", zero } : layout,
      isAlwaysThere: zero !== undefined && (field.container !== undefined || below.kind === "struct"),
      zero,
    });
  }
  return layout;
}

function layoutOf(schema: Schema, type: FieldType): Layout {
  switch (type.kind) {
    case "struct":
      return layoutOfStruct(schema, type);
    case "map":
      return { kind: "map", element: layoutOf(schema, type.element) };
    case "list":
      return { kind: "list", type, element: layoutOf(schema, type.element), places: new Map() };
    case "set":
      return { kind: "list", type, element: LEAF, places: new Map() };
    case "untyped":
      return UNTYPED;
    default:
      return LEAF;
  }
}

/** How a field of a struct is told; undefined for what nobody comes to own. */
export function memberOf({ members }: StructLayout, name: string): Member | undefined {
  return members.get(name) ?? (members.has(name) ? undefined : unknownMember(name));
}

/** A field that the type does not have. */
function unknownMember(name: string): Member {
  const open = `${JSON.stringify(`f:${name}`)}:{`;
  return { name, open, whole: `${open}}`, layout: UNTYPED, isAlwaysThere: false };
}
