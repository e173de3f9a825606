import type { Value } from "../evaluate/values.ts";
import { CelList, CelMap, OpaqueValue } from "../evaluate/values.ts";
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
const readSecond = { of: (values: readonly Value[]) => read(values, 1) };
const free = { of: 1 };
const scan = {
  of: (values: readonly Value[]) =>
    Math.ceil((1 + sizeOf(values[0])) * traversal) * Math.ceil(sizeOf(values[1]) * patternLength),
};
const compareBoth = {
  of: (values: readonly Value[]) => Math.ceil(Math.min(sizeOf(values[0]), sizeOf(values[1])) * traversal),
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

/** Elements of a list, and the length of texts in it. */
function traversalCost(value: Value | undefined): number {
  if (!(value instanceof CelList)) return Math.ceil(sizeOf(value) * traversal);
  let cost = 0;
  for (let at = 0; at < value.size; at++) {
    const item = value.at(at);
    cost += typeof item === "string" || item instanceof Uint8Array ? Math.floor(sizeOf(item) * traversal) : 1;
  }
  return cost;
}

const byName: Readonly<Record<string, { readonly of: Cost } | ((overload: Overload) => Cost)>> = {
  startsWith: readSecond,
  endsWith: readSecond,
  "strings.quote": readFirst,
  format: readFirst,
  "@in": (overload) =>
    overload.parameters[1]?.kind === "list" ? (values) => (values[1] instanceof CelList ? sizeOf(values[1]) : 1) : 1,
  "_==_": compareBoth,
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
  compareTo: free,
};
