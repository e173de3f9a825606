import type { Overload } from "../library/overload.ts";
import { sameType, type Type } from "../types/type.ts";
import type { Estimate } from "./estimate-node.ts";
import { containedSize, declaredItemSize, sizeOfNode } from "./estimate-node.ts";
import type { Range } from "./range.ts";
import { add, fixed, multiply, scale, union } from "./range.ts";

export interface CallEstimate {
  readonly cost: Range;
  readonly size?: Range;
  readonly element?: Range;
}

const traversal = 0.1;
const patternLength = 0.25;
const one: CallEstimate = { cost: fixed(1) };

/** What a call costs besides its arguments, and how large its result is: the union of what its forms may. */
export function callEstimate(overloads: readonly Overload[], values: readonly Estimate[]): CallEstimate {
  const estimates = overloads.map((overload) => byOverload(overload, values));
  return estimates.length === 0
    ? { cost: fixed(0) }
    : estimates.reduce((a, b) => {
        const size = a.size && b.size ? union(a.size, b.size) : (a.size ?? b.size);
        return { cost: union(a.cost, b.cost), ...(size && { size }) };
      });
}

function byOverload(overload: Overload, values: readonly Estimate[]): CallEstimate {
  const rule = Object.hasOwn(rules, overload.name) ? rules[overload.name] : undefined;
  return rule === undefined
    ? one
    : rule(values.map((value) => sizeOfNode(value)) as [Range, Range, Range], { overload, values });
}

interface Called {
  readonly overload: Overload;
  readonly values: readonly Estimate[];
}
type Rule = (sizes: readonly [Range, Range, Range], called: Called) => CallEstimate;

const reads: Rule = ([text]) => ({ cost: scale(text, traversal) });
const readsAndKeeps: Rule = ([text]) => ({ cost: scale(text, traversal), size: text });
const readsTwice: Rule = ([text]) => ({ cost: scale(text, 2 * traversal) });
const readsSecond: Rule = ([, part]) => ({ cost: scale(part, traversal) });

const matches: Rule = ([text, pattern]) => ({
  cost: multiply(scale(add(text, fixed(1)), traversal), scale(pattern, patternLength)),
});
const finds: Rule = (sizes, called) => ({ ...matches(sizes, called), size: { min: 0, max: sizes[0].max } });

/** Libraries' own values compare at once, when they are of one type. */
const equals: Rule = (sizes, called) => {
  const [left, right] = called.values as [Estimate, Estimate];
  if (left.type.kind !== "opaque" || !sameType(left.type, right.type)) return compares(sizes, called);
  if (left.type.name === "optional_type") return compares(sizes, called);
  if (left.type.name === "kubernetes.NamedFormat") return { cost: scale({ min: 1, max: FORMAT_MAX }, traversal) };
  return left.type.name === "kubernetes.URL" ? { cost: scale({ min: 1, max: sizes[1].max }, traversal) } : one;
};

const FORMAT_MAX = 64;

/** The shorter one of both is read; of numbers and times there are forms that compare at once. */
const compares: Rule = ([left, right], { overload }) => {
  const kind = overload.parameters[0]?.kind;
  if (kind !== "string" && kind !== "bytes" && kind !== "parameter") return one;
  const max = Math.min(left.max, right.max);
  return { cost: scale({ min: max > 0 ? 1 : 0, max }, traversal) };
};

const adds: Rule = ([left, right], { overload, values }) => {
  const kind = overload.parameters[0]?.kind;
  const size = add(left, right);
  if (kind === "string" || kind === "bytes") return { cost: scale(size, traversal), size };
  if (kind !== "list") return one;
  return {
    cost: fixed(1),
    size,
    element: union(containedSize(values[0] as Estimate), containedSize(values[1] as Estimate)),
  };
};

const traverses: Rule = ([size], { overload, values }) => {
  const [target] = values as [Estimate];
  if (overload.parameters[0]?.kind !== "list") return { cost: scale(size, traversal) };
  const kind = target.type.parameters[0]?.kind;
  const isText = kind === "string" || kind === "bytes";
  return { cost: multiply(size, isText ? add(fixed(1), scale(declaredItemSize(target), traversal)) : fixed(1)) };
};

const replaces: Rule = ([text, from, to]) => {
  const longer =
    from.min === 0 ? multiply(fixed(text.max + 1), to).max + text.max : Math.ceil(text.max / from.min) * to.max;
  const max = from.min > 0 && to.max <= from.min ? text.max : longer;
  return { cost: scale(text, 2 * traversal), size: { min: 0, max } };
};

const joins: Rule = ([count], { values }) => {
  const [list, separator] = values as [Estimate, Estimate | undefined];
  const between = { min: Math.max(0, count.min - 1), max: Math.max(0, count.max - 1) };
  const separators = separator === undefined ? fixed(0) : multiply(sizeOfNode(separator), between);
  const size = add(multiply(count, declaredItemSize(list)), separators);
  return { cost: scale(size, traversal), size };
};

/** A list of requirements, one for every second character: each a structure and a list. */
const selects: Rule = ([, text]) => ({
  cost: add(fixed(10), scale(text, traversal), scale(scale(text, 0.5), 10 + 40)),
});

const contains: Rule = ([text, part]) => ({ cost: multiply(scale(text, traversal), scale(part, traversal)) });
const isIn: Rule = ([, list], { overload }) => (overload.parameters[1]?.kind === "list" ? { cost: list } : one);

/** An address is 4 to 16 bytes. */
const addressBytes: Range = { min: 4, max: 16 };
const contained =
  (more: Range): Rule =>
  ([, text], { overload }) => {
    const parsed = overload.parameters[1]?.kind === "string" ? scale(text, traversal) : fixed(0);
    return { cost: add(scale(add(addressBytes, addressBytes), traversal), more, parsed) };
  };

const pairs =
  (times: number): Rule =>
  ([left, right]) => ({ cost: add(fixed(1), scale(multiply(left, right), times)) });

/** A call that makes a list of that size. */
function allocating(factor: number, size: Range): CallEstimate {
  return { cost: add(scale(size, factor), fixed(1 + 10)), size };
}

/** Every element may be compared with every other one. @param element of what is compared */
export function sortEstimate(size: Range, element: Type | undefined): CallEstimate {
  const isText = element?.kind === "string" || element?.kind === "bytes";
  return allocating(isText ? 2 + traversal : 2, multiply(size, size));
}

/** An integer that stands there as such. */
const literalInteger = (node: Estimate | undefined, otherwise: number): number =>
  node?.integer === undefined ? otherwise : Math.max(0, node.integer);

const sorts: Rule = ([size], { values, overload }) =>
  sortEstimate(size, overload.name === "distinct" ? undefined : values[0]!.type.parameters[0]);

const rules: Readonly<Record<string, Rule>> = {
  check: () => ({ cost: fixed(350_000) }),
  "sets.contains": pairs(1),
  "sets.intersects": pairs(1),
  "sets.equivalent": pairs(2),
  slice: ([size], { values }) => {
    const start = literalInteger(values[1], 0);
    return allocating(1, fixed(literalInteger(values[2], size.max) - start));
  },
  "lists.range": (_, { values }) => allocating(1, fixed(literalInteger(values[0], Number.POSITIVE_INFINITY))),
  reverse: ([size], { overload }) => (overload.parameters[0]?.kind === "list" ? allocating(1, size) : one),
  flatten: ([size], { values }) =>
    allocating(values.length === 2 ? literalInteger(values[1], Number.POSITIVE_INFINITY) : 1, size),
  sort: sorts,
  distinct: sorts,
  isSorted: traverses,
  sum: traverses,
  min: traverses,
  max: traverses,
  indexOf: traverses,
  lastIndexOf: traverses,
  url: readsAndKeeps,
  lowerAscii: readsAndKeeps,
  upperAscii: readsAndKeeps,
  substring: readsAndKeeps,
  trim: readsAndKeeps,
  replace: replaces,
  split: ([text]) => ({
    cost: scale(text, 2 * traversal),
    size: { min: 0, max: text.max },
    element: { min: 0, max: text.max },
  }),
  join: joins,
  find: finds,
  findAll: (sizes, called) => ({ ...finds(sizes, called), element: { min: 0, max: sizes[0].max } }),
  matches,
  contains,
  startsWith: readsSecond,
  endsWith: readsSecond,
  format: reads,
  "strings.quote": ([text]) => ({ cost: scale(text, traversal), size: { min: text.min + 2, max: text.max * 2 + 2 } }),
  bytes: ([text], { overload }) =>
    overload.parameters[0]?.kind === "string"
      ? { cost: scale(text, traversal), size: { min: text.min, max: text.max * 4 } }
      : one,
  string: ([bytes], { overload }) =>
    overload.parameters[0]?.kind === "bytes"
      ? { cost: scale(bytes, traversal), size: { min: Math.floor(bytes.min / 4), max: bytes.max } }
      : one,
  cidr: reads,
  isIP: reads,
  isCIDR: reads,
  ip: (sizes, called) => (called.overload.isMember ? one : reads(sizes, called)),
  "ip.isCanonical": readsTwice,
  containsIP: contained(fixed(0)),
  containsCIDR: contained(add(scale(addressBytes, traversal), fixed(1))),
  quantity: reads,
  isQuantity: reads,
  semver: reads,
  isSemver: reads,
  fieldSelector: selects,
  labelSelector: selects,
  // The longest pattern of a format has 128 characters.
  validate: ([, text]) => ({ cost: scale(scale(text, traversal), 128 * patternLength) }),
  "@in": isIn,
  "_==_": equals,
  "_!=_": compares,
  "_<_": compares,
  "_<=_": compares,
  "_>_": compares,
  "_>=_": compares,
  "_+_": adds,
};
