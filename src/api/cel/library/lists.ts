import { isEqual } from "../evaluate/equality.ts";
import { failure, noSuchOverload } from "../evaluate/failure.ts";
import { fits } from "../evaluate/runtime-type.ts";
import { durationOf } from "../evaluate/time.ts";
import type { Value } from "../evaluate/values.ts";
import { CelList, Duration, Uint } from "../evaluate/values.ts";
import { spendWork } from "../evaluate/work.ts";
import type { Type } from "../types/type.ts";
import { parseType } from "../types/type.ts";
import { orders } from "./operators.ts";
import type { Overload } from "./overload.ts";
import { member } from "./overload.ts";

const comparable = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"];

const sums: readonly (readonly [string, Value, (a: never, b: never) => Value])[] = [
  ["int", 0n, (a: bigint, b: bigint) => inRange(a + b, BigInt.asIntN(64, a + b), "integer overflow")],
  [
    "uint",
    new Uint(0n),
    (a: Uint, b: Uint) =>
      new Uint(inRange(a.value + b.value, BigInt.asUintN(64, a.value + b.value), "unsigned integer overflow")),
  ],
  ["double", 0, (a: number, b: number) => a + b],
  [
    "duration",
    new Duration(0n),
    (a: Duration, b: Duration) => {
      const sum = durationOf(a.nanoseconds + b.nanoseconds);
      if (sum === undefined) throw failure("duration overflow");
      return sum;
    },
  ],
];

/** The elements, all of one type: what the list was declared as may be known only now. */
function elements(list: CelList, type: Type): Value[] {
  const values = list.values();
  if (!values.every((value) => fits(value, type))) throw noSuchOverload();
  return values;
}

function inRange(value: bigint, fitted: bigint, message: string): bigint {
  if (value !== fitted) throw failure(message);
  return value;
}

export const lists: readonly Overload[] = [
  ...comparable.flatMap((type) => {
    const list = `list<${type}>`;
    const kind = parseType(type);
    const order = orders[type] as (a: Value, b: Value) => number;
    return [
      member("isSorted", [list], "bool", (values: CelList) => isSorted(elements(values, kind), order)),
      member("min", [list], type, (values: CelList) =>
        extreme(elements(values, kind), "min", (a, b) => order(a, b) < 0),
      ),
      member("max", [list], type, (values: CelList) =>
        extreme(elements(values, kind), "max", (a, b) => order(a, b) > 0),
      ),
    ];
  }),
  ...sums.map(([type, zero, add]) =>
    member("sum", [`list<${type}>`], type, (values: CelList) =>
      elements(values, parseType(type)).reduce<Value>((sum, value) => add(sum as never, value as never), zero),
    ),
  ),
  member("indexOf", ["list<T>", "T"], "int", (list: CelList, value: Value) =>
    BigInt(list.values().findIndex((item) => isEqual(item, value))),
  ),
  member("lastIndexOf", ["list<T>", "T"], "int", (list: CelList, value: Value) =>
    BigInt(list.values().findLastIndex((item) => isEqual(item, value))),
  ),
];

function isSorted(values: readonly Value[], order: (a: Value, b: Value) => number): boolean {
  return values.every((value, at) => at === 0 || order(values[at - 1] as Value, value) <= 0);
}

function extreme(values: readonly Value[], name: string, isBetter: (a: Value, b: Value) => boolean): Value {
  const [first, ...rest] = values;
  if (first === undefined) throw failure(`${name} called on empty list`);
  return rest.reduce((best, value) => (isBetter(value, best) ? value : best), first);
}

export const sets: readonly Overload[] = [
  ["sets.contains", (a: CelList, b: CelList) => containsAll(a, b)] as const,
  ["sets.intersects", (a: CelList, b: CelList) => b.values().some((value) => has(a.values(), value))] as const,
  ["sets.equivalent", (a: CelList, b: CelList) => containsAll(a, b) && containsAll(b, a)] as const,
].map(([name, run]) => ({ ...member(name, ["list<T>", "list<T>"], "bool", guarded(run)), isMember: false }));

function guarded(run: (a: CelList, b: CelList) => boolean): (a: CelList, b: CelList) => boolean {
  return (a, b) => {
    if (!(a instanceof CelList) || !(b instanceof CelList)) throw noSuchOverload();
    spendWork(a.size * b.size);
    return run(a, b);
  };
}

function containsAll(list: CelList, part: CelList): boolean {
  const values = list.values();
  return part.values().every((value) => has(values, value));
}

function has(values: readonly Value[], value: Value): boolean {
  return values.some((other) => isEqual(other, value));
}
