import { isEqual } from "../evaluate/equality.ts";
import { failure, noSuchOverload } from "../evaluate/failure.ts";
import { fits } from "../evaluate/runtime-type.ts";
import type { Value } from "../evaluate/values.ts";
import { CelList } from "../evaluate/values.ts";
import { spendWork } from "../evaluate/work.ts";
import { parseType } from "../types/type.ts";
import { longestList, orders } from "./operators.ts";
import type { Overload } from "./overload.ts";
import { global, member } from "./overload.ts";

/** Types whose values have an order. */
const comparable = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"];

/** What upstream's extended library of lists has (version 3). */
export const listFunctions: readonly Overload[] = [
  member("slice", ["list<T>", "int", "int"], "list<T>", slice),
  {
    ...member("flatten", ["list<list<T>>"], "list<T>", (list: Value) => new CelList(flattened(listIn(list), 1n))),
    isUnguarded: true,
  },
  member("flatten", ["list<dyn>", "int"], "list<dyn>", (list: CelList, depth: bigint) => {
    if (depth < 0n) throw failure("level must be non-negative");
    return new CelList(flattened(list, depth));
  }),
  ...comparable.map((type) =>
    member("sort", [`list<${type}>`], `list<${type}>`, (list: CelList) => sortedBy(list, list.values())),
  ),
  global("lists.range", ["int"], "list<int>", range),
  member("reverse", ["list<T>"], "list<T>", (list: CelList) => new CelList(list.values().reverse())),
  member("distinct", ["list<T>"], "list<T>", distinct),
];

function listIn(value: Value): CelList {
  if (value instanceof CelList) return value;
  throw noSuchOverload();
}

function slice(list: CelList, start: bigint, end: bigint): CelList {
  const refuse = (why: string): never => {
    throw failure(`cannot slice(${start}, ${end}), ${why}`);
  };
  if (start < 0n || end < 0n) refuse("negative indexes not supported");
  if (start > end) refuse("start index must be less than or equal to end index");
  if (end > BigInt(list.size)) refuse(`list is length ${list.size}`);
  return new CelList(list.values().slice(Number(start), Number(end)));
}

function flattened(list: CelList, depth: bigint): Value[] {
  spendWork(list.size);
  return list.values().flatMap((value) => {
    return value instanceof CelList && depth > 0n ? flattened(value, depth - 1n) : [value];
  });
}

function range(count: bigint): CelList {
  if (count > BigInt(longestList)) throw failure(`a list of ${count} elements is too long: at most ${longestList}`);
  spendWork(Number(count));
  return new CelList(Array.from({ length: Math.max(0, Number(count)) }, (_, index) => BigInt(index)));
}

function distinct(list: CelList): CelList {
  const found: Value[] = [];
  for (const value of list.values()) {
    spendWork(found.length);
    if (!found.some((other) => isEqual(value, other))) found.push(value);
  }
  return new CelList(found);
}

/** The elements in the order of their keys, which are of one comparable type. @throws CelEvaluationError when they are not */
export function sortedBy(list: CelList, keys: readonly Value[]): CelList {
  const [first] = keys;
  if (first === undefined) return list;
  const type = comparable.find((each) => fits(first, parseType(each)));
  if (type === undefined) throw failure("list elements must be comparable");
  const kind = parseType(type);
  if (!keys.every((key) => fits(key, kind))) throw failure("list elements must have the same type");
  spendWork(keys.length * Math.ceil(Math.log2(keys.length + 1)));
  const order = orders[type] as (a: Value, b: Value) => number;
  const elements = list.values().map((value, index) => ({ value, key: keys[index] as Value }));
  return new CelList(elements.sort((a, b) => order(a.key, b.key)).map(({ value }) => value));
}
