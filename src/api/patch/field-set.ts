import { isJsonObject, type JsonObject } from "./json-value.ts";

/**
 * A set of paths into an object, kept as fieldsV1 writes it, so that reading and writing cost nothing. A path's elements
 * are texts: `f:name` a field, `k:{"name":"a"}` an element of a list by its keys, `v:"x"` an element of a set by its value.
 *
 * An element whose value is empty, or has `.`, is in the set itself; other keys of the value are what is in the set below
 * it. Keys are sorted, and sets are never changed once they are made: they share parts with each other.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

export const EMPTY_SET: FieldSet = Object.freeze({});
const HERE = ".";

/** True when the element itself is in the set. */
export function hasMember(set: FieldSet, element: string): boolean {
  const below = set[element];
  return below !== undefined && isMember(below);
}

function isMember(below: FieldSet): boolean {
  if (below === EMPTY_SET) return true;
  if (below[HERE] !== undefined) return true;
  for (const _ in below) return false;
  return true;
}

/** True when nothing is in the set; for the value of an element: nothing below it. */
export function isEmptySet(set: FieldSet | undefined): boolean {
  if (set === EMPTY_SET) return true;
  for (const element in set) if (element !== HERE) return false;
  return true;
}

/** The value of an element that is in the set itself, with what was there below it. */
export function asMember(below: FieldSet | undefined): FieldSet {
  if (below === undefined || below === EMPTY_SET || isEmptySet(below)) return EMPTY_SET;
  return below[HERE] === undefined ? { [HERE]: EMPTY_SET, ...below } : below;
}

const fieldElements = new Map<string, string>();
const FIELDS_REMEMBERED = 8192;

/** `f:name`. The same text each time for names that are seen again and again: it becomes a key of very many objects. */
export function fieldElement(name: string): string {
  let element = fieldElements.get(name);
  if (element === undefined) {
    element = `f:${name}`;
    if (fieldElements.size < FIELDS_REMEMBERED) fieldElements.set(name, element);
  }
  return element;
}

/** The value of an element that is in the set itself, with elements below it that come in order. */
export function memberWith<T>(
  inOrder: readonly T[],
  elementOf: (each: T) => [element: string, below: FieldSet],
): FieldSet {
  if (inOrder.length === 0) return EMPTY_SET;
  const set: Record<string, FieldSet> = { [HERE]: EMPTY_SET };
  for (const each of inOrder) {
    const [element, below] = elementOf(each);
    set[element] = below;
  }
  return set;
}

/** A set of these elements with what each has below; sorts them in place. */
export function setOfElements(elements: [element: string, below: FieldSet][]): FieldSet {
  if (!isSorted(elements)) elements.sort(byText);
  const set: Record<string, FieldSet> = {};
  for (const [element, below] of elements) set[element] = below;
  return set;
}

function isSorted(elements: readonly [string, FieldSet][]): boolean {
  for (let index = 1; index < elements.length; index++) {
    if (elements[index - 1]![0] > elements[index]![0]) return false;
  }
  return true;
}

function byText([a]: [string, FieldSet], [b]: [string, FieldSet]): number {
  return a < b ? -1 : 1;
}

/** A set of plain paths of fields. */
export function setOfPaths(paths: readonly (readonly string[])[]): FieldSet {
  let set = EMPTY_SET;
  for (const path of paths) {
    const below = path.slice(1);
    const first = path[0];
    if (first !== undefined) set = union(set, { [`f:${first}`]: below.length === 0 ? EMPTY_SET : setOfPaths([below]) });
  }
  return set;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a) || a === b) return withoutHere(b);
  if (covers(a, b)) return withoutHere(a);
  const both: Record<string, FieldSet> = {};
  const [left, right] = [Object.keys(a), Object.keys(b)];
  let [nextLeft, nextRight] = [0, 0];
  // Both are in order, and so is what is put together of them.
  while (nextLeft < left.length || nextRight < right.length) {
    const [mine, other] = [left[nextLeft], right[nextRight]];
    const isMine = mine !== undefined && (other === undefined || mine <= other);
    const element = isMine ? mine : other!;
    if (isMine) nextLeft++;
    if (element === other) nextRight++;
    if (element === HERE) continue;
    const below = b[element];
    both[element] = !isMine ? below! : below === undefined ? a[element]! : bothOf(a[element]!, below);
  }
  return both;
}

function bothOf(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right || (covers(left, right) && (isMember(left) || !isMember(right)))) return left;
  const below = union(left, right);
  return isMember(left) || isMember(right) ? asMember(below) : below;
}

/** Whether all paths of `b` are in `a`; for values of elements: all that is below. */
export function covers(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  for (const element in b) {
    if (element === HERE) continue;
    const [mine, other] = [a[element], b[element]!];
    if (mine === undefined || (isMember(other) && !isMember(mine)) || !covers(mine, other)) return false;
  }
  return true;
}

function withoutHere(set: FieldSet): FieldSet {
  if (set[HERE] === undefined) return set;
  const { [HERE]: _, ...rest } = set;
  return rest;
}

/** Paths of `a` that are not in `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return without(a, b, false);
}

/** Paths of `a` that are neither in `b` nor below a path of `b`. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return without(a, b, true);
}

function without(a: FieldSet, b: FieldSet, recursive: boolean): FieldSet {
  // What is taken away is often little of much.
  if (!haveCommon(a, b)) return withoutHere(a);
  const result: Record<string, FieldSet> = { ...a };
  delete result[HERE];
  for (const element of Object.keys(b)) {
    const [mine, other] = [a[element], b[element]!];
    if (mine === undefined || element === HERE) continue;
    const isKept = isMember(mine) && !isMember(other);
    const below = recursive && isMember(other) ? EMPTY_SET : without(mine, other, recursive);
    // What stays keeps its place in the order.
    if (isKept || !isEmptySet(below)) put(result, element, { isMember: isKept, below });
    else delete result[element];
  }
  return result;
}

function haveCommon(a: FieldSet, b: FieldSet): boolean {
  for (const element in b) if (element !== HERE && a[element] !== undefined) return true;
  return false;
}

function put(set: Record<string, FieldSet>, element: string, of: { isMember: boolean; below: FieldSet }): void {
  if (of.isMember) set[element] = asMember(of.below);
  else if (!isEmptySet(of.below)) set[element] = of.below;
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const element of Object.keys(a)) {
    const [mine, other] = [a[element]!, b[element]];
    if (element === HERE || other === undefined) continue;
    put(result, element, { isMember: isMember(mine) && isMember(other), below: intersection(mine, other) });
  }
  return result;
}

/** All paths, in the order in which upstream tells them: what is in a set itself, then what is in it below its elements. */
export function pathsOf(set: FieldSet, prefix: readonly string[] = []): string[][] {
  const elements = Object.keys(set).filter((element) => element !== HERE);
  const members = elements.filter((element) => hasMember(set, element)).map((element) => [...prefix, element]);
  return [...members, ...elements.flatMap((element) => pathsOf(set[element]!, [...prefix, element]))];
}

/** Reads fieldsV1 that a client may have written: what is not a path is left out, and elements come into order. */
export function readFieldSet(fields: unknown): FieldSet {
  if (!isJsonObject(fields)) return EMPTY_SET;
  return isWellFormed(fields) ? (fields as FieldSet) : wellFormed(fields);
}

const ELEMENT = /^[fkvi]:/;

/** Whether fieldsV1 that a client wrote can be read. Elements of a kind that nobody knows can: they are left out. */
export function isReadableSet(fields: unknown): boolean {
  if (!isJsonObject(fields)) return false;
  return Object.entries(fields).every(
    ([element, below]) => (element === HERE || isReadableElement(element)) && isReadableSet(below),
  );
}

function isReadableElement(element: string): boolean {
  const value = element.slice(2);
  switch (element.slice(0, 2)) {
    case "k:":
      return isJsonObject(parsed(value));
    case "v:":
      return parsed(value) !== undefined;
    case "i:":
      return /^[+-]?\d+$/.test(value);
    default:
      return element[1] === ":";
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isWellFormed(fields: JsonObject): boolean {
  let before = "";
  for (const element of Object.keys(fields)) {
    const below = fields[element];
    const isHere = element === HERE;
    if (!isJsonObject(below) || element < before || !(isHere || ELEMENT.test(element))) return false;
    if (isHere ? hasKeys(below) : hasKeys(below) && !isWellFormed(below)) return false;
    before = element;
  }
  return true;
}

function hasKeys(object: JsonObject): boolean {
  for (const _ in object) return true;
  return false;
}

function wellFormed(fields: JsonObject): FieldSet {
  const elements: [string, FieldSet][] = [];
  for (const element of Object.keys(fields)) {
    const below = fields[element];
    if (element === HERE) elements.push([HERE, EMPTY_SET]);
    else if (ELEMENT.test(element)) elements.push([element, isJsonObject(below) ? wellFormed(below) : EMPTY_SET]);
  }
  return setOfElements(elements);
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
