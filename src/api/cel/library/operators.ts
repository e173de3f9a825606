import { compareNumbers, elementFinder, isEqual } from "../evaluate/equality.ts";
import { failure } from "../evaluate/failure.ts";
import { durationOf, timestampOf } from "../evaluate/time.ts";
import type { Duration, ListIdentity, Timestamp, Value } from "../evaluate/values.ts";
import { CelList, Uint } from "../evaluate/values.ts";
import { spendWork } from "../evaluate/work.ts";
import type { Overload } from "./overload.ts";
import { global } from "./overload.ts";

/** A list that an expression makes may not grow beyond this: adding lists costs one unit whatever their length. */
export const longestList = 1_000_000;

const checkedInt = (value: bigint, message = "integer overflow"): bigint => {
  if (value !== BigInt.asIntN(64, value)) throw failure(message);
  return value;
};
const checkedUint = (value: bigint): Uint => {
  if (value !== BigInt.asUintN(64, value)) throw failure("unsigned integer overflow");
  return new Uint(value);
};
const checkedDuration = (nanoseconds: bigint): Duration => {
  const duration = durationOf(nanoseconds);
  if (duration === undefined) throw failure("duration overflow");
  return duration;
};
const checkedTimestamp = (nanoseconds: bigint, { offsetMinutes }: Timestamp): Timestamp => {
  const timestamp = timestampOf(nanoseconds, offsetMinutes);
  if (timestamp === undefined) throw failure("timestamp overflow");
  return timestamp;
};
const nonZero = (value: bigint, message: string): bigint => {
  if (value === 0n) throw failure(message);
  return value;
};

const divisionByZero = "division by zero";
const modulusByZero = "modulus by zero";

const integers: Overload[] = [
  global("_+_", ["int", "int"], "int", (a: bigint, b: bigint) => checkedInt(a + b)),
  global("_-_", ["int", "int"], "int", (a: bigint, b: bigint) => checkedInt(a - b)),
  global("_*_", ["int", "int"], "int", (a: bigint, b: bigint) => checkedInt(a * b)),
  global("_/_", ["int", "int"], "int", (a: bigint, b: bigint) => checkedInt(a / nonZero(b, divisionByZero))),
  global("_%_", ["int", "int"], "int", (a: bigint, b: bigint) => checkedInt(a % nonZero(b, modulusByZero))),
  global("-_", ["int"], "int", (a: bigint) => checkedInt(-a)),
  global("_+_", ["uint", "uint"], "uint", (a: Uint, b: Uint) => checkedUint(a.value + b.value)),
  global("_-_", ["uint", "uint"], "uint", (a: Uint, b: Uint) => checkedUint(a.value - b.value)),
  global("_*_", ["uint", "uint"], "uint", (a: Uint, b: Uint) => checkedUint(a.value * b.value)),
  global("_/_", ["uint", "uint"], "uint", (a: Uint, b: Uint) => new Uint(a.value / nonZero(b.value, divisionByZero))),
  global("_%_", ["uint", "uint"], "uint", (a: Uint, b: Uint) => new Uint(a.value % nonZero(b.value, modulusByZero))),
];

const others: Overload[] = [
  global("_+_", ["double", "double"], "double", (a: number, b: number) => a + b),
  global("_-_", ["double", "double"], "double", (a: number, b: number) => a - b),
  global("_*_", ["double", "double"], "double", (a: number, b: number) => a * b),
  global("_/_", ["double", "double"], "double", (a: number, b: number) => a / b),
  global("-_", ["double"], "double", (a: number) => -a),
  global("_+_", ["string", "string"], "string", (a: string, b: string) => a + b),
  global("_+_", ["bytes", "bytes"], "bytes", (a: Uint8Array, b: Uint8Array) => new Uint8Array(Buffer.concat([a, b]))),
  global("_+_", ["list<A>", "list<A>"], "list<A>", joinLists),
  global("_+_", ["duration", "duration"], "duration", (a: Duration, b: Duration) =>
    checkedDuration(a.nanoseconds + b.nanoseconds),
  ),
  global("_+_", ["timestamp", "duration"], "timestamp", (a: Timestamp, b: Duration) =>
    checkedTimestamp(a.nanoseconds + b.nanoseconds, a),
  ),
  global("_+_", ["duration", "timestamp"], "timestamp", (a: Duration, b: Timestamp) =>
    checkedTimestamp(a.nanoseconds + b.nanoseconds, b),
  ),
  global("_-_", ["duration", "duration"], "duration", (a: Duration, b: Duration) =>
    checkedDuration(a.nanoseconds - b.nanoseconds),
  ),
  global("_-_", ["timestamp", "duration"], "timestamp", (a: Timestamp, b: Duration) =>
    checkedTimestamp(a.nanoseconds - b.nanoseconds, a),
  ),
  global("_-_", ["timestamp", "timestamp"], "duration", (a: Timestamp, b: Timestamp) =>
    checkedDuration(a.nanoseconds - b.nanoseconds),
  ),
  global("!_", ["bool"], "bool", (a: boolean) => !a),
  global("_==_", ["A", "A"], "bool", isEqual),
  global("_!=_", ["A", "A"], "bool", (a: Value, b: Value) => !isEqual(a, b)),
  global("@in", ["A", "list<A>"], "bool", isIn),
  global(
    "@in",
    ["A", "map<A, B>"],
    "bool",
    (key: Value, map: { get(key: Value): Value | undefined }) => map.get(key) !== undefined,
  ),
  global("_?_:_", ["bool", "T", "T"], "T", (condition: boolean, yes: Value, no: Value) => (condition ? yes : no)),
  ...["list<A>", "optional<list<A>>"].flatMap((type) => [
    global("_[_]", [type, "int"], type === "list<A>" ? "A" : "optional<A>", unreachable),
    global("_[?_]", [type, "int"], "optional<A>", unreachable),
  ]),
  ...["map<A, B>", "optional<map<A, B>>"].flatMap((type) => [
    global("_[_]", [type, "A"], type === "map<A, B>" ? "B" : "optional<B>", unreachable),
    global("_[?_]", [type, "A"], "optional<B>", unreachable),
  ]),
];

function unreachable(): never {
  throw failure("no such overload");
}

function joinLists(left: CelList, right: CelList): CelList {
  if (left.size + right.size > longestList)
    throw failure(`a list of ${left.size + right.size} elements is too long: at most ${longestList}`);
  spendWork(left.size + right.size);
  return left.identity === undefined
    ? new CelList([...left.values(), ...right.values()])
    : mergeLists(left, right, left.identity);
}

/** Of a list that is a set or a map: what is in it keeps its place, and is replaced by what is the same. */
function mergeLists(left: CelList, right: CelList, identity: ListIdentity): CelList {
  const find = elementFinder(left);
  const elements = left.values();
  for (const element of right.values()) {
    const own = find(element);
    if (own === undefined) elements.push(element);
    else if (identity !== "whole") elements[own.index] = element;
  }
  return new CelList(elements, undefined, identity);
}

function isIn(value: Value, list: CelList): boolean {
  for (let at = 0; at < list.size; at++) if (isEqual(list.at(at), value)) return true;
  return false;
}

const comparisons: readonly (readonly [string, (order: number) => boolean])[] = [
  ["_<_", (order) => order < 0],
  ["_<=_", (order) => order <= 0],
  ["_>_", (order) => order > 0],
  ["_>=_", (order) => order >= 0],
];

// biome-ignore lint/suspicious/noExplicitAny: each order is called with the type that it stands under
type Order = (left: any, right: any) => number;

/** Order of two values of one type: negative, zero, positive. */
export const orders: Readonly<Record<string, Order>> = {
  bool: (a: boolean, b: boolean) => Number(a) - Number(b),
  string: compareStrings,
  bytes: (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b),
  timestamp: (a: Timestamp, b: Timestamp) => compareNumbers(a.nanoseconds, b.nanoseconds),
  duration: (a: Duration, b: Duration) => compareNumbers(a.nanoseconds, b.nanoseconds),
  int: compareNumbers,
  uint: compareNumbers,
  double: compareNumbers,
};

/** By code points, as Go compares UTF-8. */
function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    const isSurrogate = (code: number) => code >= 0xd800 && code <= 0xdfff;
    if (isSurrogate(left) !== isSurrogate(right)) return isSurrogate(left) ? 1 : -1;
    return left - right;
  }
  return a.length - b.length;
}

const numeric = ["int", "uint", "double"];

export const operators: readonly Overload[] = [
  ...integers,
  ...others,
  ...comparisons.flatMap(([name, holds]) => [
    ...Object.entries(orders)
      .filter(([type]) => !numeric.includes(type))
      .map(([type, order]) => global(name, [type, type], "bool", (a: Value, b: Value) => holds(order(a, b)))),
    ...numeric.flatMap((left) =>
      numeric.map((right) =>
        global(name, [left, right], "bool", (a: bigint, b: bigint) => holds(compareNumbers(a, b))),
      ),
    ),
  ]),
];
