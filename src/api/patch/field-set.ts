import { isJsonObject, type JsonObject } from "./json-value.ts";

/**
 * A set of paths into an object, as fieldsV1 writes it. A path's elements are texts: `f:name` a field, `k:{"name":"a"}` an
 * element of a list by its keys, `v:"x"` an element of a set by its value.
 */
export interface FieldSet {
  /** Elements that are in the set themselves. */
  readonly members: Set<string>;
  /** What is in the set below an element. */
  readonly children: Map<string, FieldSet>;
}

export function emptySet(): FieldSet {
  return { members: new Set(), children: new Map() };
}

export function isEmptySet(set: FieldSet | undefined): boolean {
  return set === undefined || (set.members.size === 0 && [...set.children.values()].every(isEmptySet));
}

/** Adds a path, in place. The empty path is left out. */
export function insertPath(set: FieldSet, path: readonly string[]): void {
  let at = set;
  for (const [index, element] of path.entries()) {
    if (index === path.length - 1) at.members.add(element);
    else {
      let next = at.children.get(element);
      if (next === undefined) {
        next = emptySet();
        at.children.set(element, next);
      }
      at = next;
    }
  }
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const result: FieldSet = { members: new Set([...a.members, ...b.members]), children: new Map() };
  for (const key of new Set([...a.children.keys(), ...b.children.keys()])) {
    result.children.set(key, union(a.children.get(key) ?? emptySet(), b.children.get(key) ?? emptySet()));
  }
  return result;
}

/** Paths of `a` that are not in `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  const result = emptySet();
  for (const member of a.members) if (!b.members.has(member)) result.members.add(member);
  for (const [key, child] of a.children) {
    const other = b.children.get(key);
    const rest = other === undefined ? child : difference(child, other);
    if (!isEmptySet(rest)) result.children.set(key, rest);
  }
  return result;
}

/** Paths of `a` that are neither in `b` nor below a path of `b`. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  const result = emptySet();
  for (const member of a.members) if (!b.members.has(member)) result.members.add(member);
  for (const [key, child] of a.children) {
    if (b.members.has(key)) continue;
    const other = b.children.get(key);
    const rest = other === undefined ? child : recursiveDifference(child, other);
    if (!isEmptySet(rest)) result.children.set(key, rest);
  }
  return result;
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const result = emptySet();
  for (const member of a.members) if (b.members.has(member)) result.members.add(member);
  for (const [key, child] of a.children) {
    const other = b.children.get(key);
    if (other === undefined) continue;
    const common = intersection(child, other);
    if (!isEmptySet(common)) result.children.set(key, common);
  }
  return result;
}

/** All paths, parents first, in the order of their text. */
export function pathsOf(set: FieldSet, prefix: readonly string[] = []): string[][] {
  const keys = [...new Set([...set.members, ...set.children.keys()])].sort();
  return keys.flatMap((key) => {
    const path = [...prefix, key];
    const below = set.children.get(key);
    return [...(set.members.has(key) ? [path] : []), ...(below === undefined ? [] : pathsOf(below, path))];
  });
}

/** Reads fieldsV1. What is not a path is left out. */
export function readFieldSet(fields: unknown): FieldSet {
  const set = emptySet();
  if (!isJsonObject(fields)) return set;
  for (const [key, value] of Object.entries(fields)) {
    if (key === ".") continue;
    const below = isJsonObject(value) ? value : {};
    if (Object.keys(below).length === 0 || Object.hasOwn(below, ".")) set.members.add(key);
    const child = readFieldSet(below);
    if (!isEmptySet(child)) set.children.set(key, child);
  }
  return set;
}

/** Writes fieldsV1, in sorted order. */
export function writeFieldSet(set: FieldSet): JsonObject {
  const result: JsonObject = {};
  for (const key of [...new Set([...set.members, ...set.children.keys()])].sort()) {
    const child = set.children.get(key);
    const below = child === undefined || isEmptySet(child) ? {} : writeFieldSet(child);
    const hasBelow = Object.keys(below).length > 0;
    if (!hasBelow && !set.members.has(key)) continue;
    result[key] = hasBelow && set.members.has(key) ? { ".": {}, ...below } : below;
  }
  return result;
}

/** A path as conflicts name it, e.g. `.spec.template.spec.containers[name="web"].image`. */
export function pathText(path: readonly string[]): string {
  return path.map(elementText).join("");
}

function elementText(element: string): string {
  const text = element.slice(2);
  switch (element.slice(0, 2)) {
    case "f:":
      return `.${text}`;
    case "k:":
      return `[${Object.entries(JSON.parse(text) as JsonObject)
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join(",")}]`;
    case "v:":
      return `[=${text}]`;
    default:
      return `[${text}]`;
  }
}
