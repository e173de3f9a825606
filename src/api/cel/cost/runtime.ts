import type { Value } from "../evaluate/values.ts";
import { CelList, CelMap, OpaqueValue } from "../evaluate/values.ts";
import { FormatValue } from "../library/formats.ts";
import type { Overload } from "../library/overload.ts";
import { codePoints } from "../library/standard.ts";

type Cost = number | ((values: readonly Value[], result: Value) => number);

/** Upstream's factors: a character read, and a character of a pattern. */
const traversal = 0.1;
const patternLength = 0.25;

/** What calling a function costs, by upstream's tables. */
export function runtimeCost(overload: Overload): Cost {
  const cost = byName[overload.name];
  return cost === undefined || !Object.hasOwn(byName, overload.name)
    ? 1
    : typeof cost === "function"
      ? cost(overload)
      : cost.of;
}

/** What `size()` would say; 1 for what has none. */
export function sizeOf(value: Value | undefined): number {
  if (typeof value === "string") return codePoints(value);
  if (value instanceof Uint8Array) return value.length;
  return value instanceof CelList ||
    value instanceof CelMap ||
    (value instanceof OpaqueValue && value.size !== undefined)
    ? (value.size ?? 1)
    : 1;
}

const read = (values: readonly Value[], index: number, times = 1) =>
  Math.ceil(sizeOf(values[index]) * times * traversal);

const readFirst = { of: (values: readonly Value[]) => read(values, 0) };
const readFirstTwice = { of: (values: readonly Value[]) => read(values, 0, 2) };
const free = { of: 1 };
const scan = {
  of: (values: readonly Value[]) =>
    Math.ceil((1 + sizeOf(values[0])) * traversal) * Math.ceil(sizeOf(values[1]) * patternLength),
};
const compareBoth = {
  of: (values: readonly Value[]) => Math.ceil(Math.min(sizeOf(values[0]), sizeOf(values[1])) * traversal),
};
/** Libraries' own values compare at once. */
const equates = {
  of: (values: readonly Value[]) => (values[0] instanceof OpaqueValue ? 1 : compareBoth.of(values)),
};
const traverse = { of: (values: readonly Value[]) => traversalCost(values[0]) };

/** Every element of one list may be compared with every one of the other. */
function pairs(times: number): { readonly of: Cost } {
  return { of: (values) => 1 + sizeOf(values[0]) * sizeOf(values[1]) * times };
}

function compared(overload: Overload): Cost {
  const kind = overload.parameters[0]?.kind;
  return kind === "int" || kind === "double" || kind === "uint" ? compareIfText : compareBoth.of;
}

/** Comparisons have forms for numbers and for text; which it is shows in the values. */
const compareIfText = (values: readonly Value[]) =>
  typeof values[0] === "string" || values[0] instanceof Uint8Array ? compareBoth.of(values) : 1;

/** All that is in a value: texts by their bytes. */
function traversalCost(value: Value | undefined): number {
  if (typeof value === "string") return Math.floor(Buffer.byteLength(value) * traversal);
  if (value instanceof Uint8Array) return Math.floor(value.length * traversal);
  if (value instanceof CelList) return value.values().reduce<number>((cost, each) => cost + traversalCost(each), 0);
  if (!(value instanceof CelMap)) return 1;
  return value.keys().reduce<number>((cost, key) => cost + traversalCost(key) + traversalCost(value.get(key)), 0);
}

/** A text, and the pattern that stands for a format. */
const checks = {
  of: ([format, text]: readonly Value[]) => {
    const pattern = format instanceof FormatValue ? Math.ceil(format.patternLength * patternLength) : 1;
    return Math.ceil((1 + sizeOf(text)) * traversal) * pattern;
  },
};

/** A list of requirements, one for every second character: each a structure and a list. */
const selects = {
  of: ([, text]: readonly Value[]) =>
    10 + Math.ceil(sizeOf(text) * traversal) + Math.ceil(sizeOf(text) * 0.5) * (10 + 40),
};

/** A call that makes a list, and what it does for so many elements. */
const allocating = (factor: number, size: number): number => Math.floor(size * factor) + 1 + 10;
const made = { of: (_: readonly Value[], result: Value) => allocating(1, sizeOf(result)) };
const sorts = { of: (values: readonly Value[]) => sortCost(values[0]) };

/** Every element may be compared with every other one. */
export function sortCost(list: Value | undefined): number {
  if (!(list instanceof CelList) || list.size === 0) return allocating(0, 0);
  const first = list.at(0);
  const isText = typeof first === "string" || first instanceof Uint8Array;
  return allocating(isText ? 2 + traversal : 2, list.size * list.size);
}

const flattens = {
  of: (values: readonly Value[]) => allocating(values.length === 2 ? Number(values[1]) : 1, sizeOf(values[0])),
};

const byName: Readonly<Record<string, { readonly of: Cost } | ((overload: Overload) => Cost)>> = {
  startsWith: readFirst,
  endsWith: readFirst,
  "strings.quote": readFirst,
  format: readFirst,
  "@in": (overload) =>
    overload.parameters[1]?.kind === "list" ? (values) => (values[1] instanceof CelList ? sizeOf(values[1]) : 1) : 1,
  "_==_": equates,
  "_!=_": compareBoth,
  "_<_": compared,
  "_<=_": compared,
  "_>_": compared,
  "_>=_": compared,
  "_+_": () => (values) => {
    const [left] = values;
    return typeof left === "string" || left instanceof Uint8Array
      ? Math.ceil((sizeOf(left) + sizeOf(values[1])) * traversal)
      : 1;
  },
  matches: scan,
  contains: { of: (values) => (typeof values[0] === "string" ? read(values, 0) * read(values, 1) : 1) },
  string: { of: (values) => (values[0] instanceof Uint8Array ? read(values, 0) : 1) },
  bytes: { of: (values) => (typeof values[0] === "string" ? read(values, 0) : 1) },
  check: { of: 350_000 },
  "sets.contains": pairs(1),
  "sets.intersects": pairs(1),
  "sets.equivalent": pairs(2),
  slice: made,
  "lists.range": made,
  reverse: (overload) => (overload.parameters[0]?.kind === "list" ? made.of : 1),
  flatten: flattens,
  sort: sorts,
  distinct: sorts,
  isSorted: traverse,
  sum: traverse,
  max: traverse,
  min: traverse,
  indexOf: traverse,
  lastIndexOf: traverse,
  url: readFirst,
  lowerAscii: readFirst,
  upperAscii: readFirst,
  substring: readFirst,
  trim: readFirst,
  replace: readFirstTwice,
  split: readFirstTwice,
  join: { of: (_values, result) => Math.ceil(sizeOf(result) * 2 * traversal) },
  find: scan,
  findAll: scan,
  cidr: readFirst,
  isIP: readFirst,
  isCIDR: readFirst,
  ip: (overload) => (overload.isMember ? 1 : readFirst.of),
  "ip.isCanonical": readFirstTwice,
  containsIP: { of: (values) => read(values, 0, 2) + (typeof values[1] === "string" ? read(values, 1) : 0) },
  containsCIDR: {
    of: (values) => read(values, 0, 2) + read(values, 0) + 1 + (typeof values[1] === "string" ? read(values, 1) : 0),
  },
  quantity: readFirst,
  isQuantity: readFirst,
  semver: readFirst,
  isSemver: readFirst,
  fieldSelector: selects,
  labelSelector: selects,
  compareTo: free,
  validate: checks,
};
