import { failure, noSuchOverload } from "../evaluate/failure.ts";
import type { Value } from "../evaluate/values.ts";
import { CelList, CelMap, Duration, Optional, Timestamp, Uint } from "../evaluate/values.ts";
import type { Overload } from "./overload.ts";
import { global, member } from "./overload.ts";

export const optionals: readonly Overload[] = [
  global("optional.of", ["T"], "optional<T>", (value: Value) => new Optional(value)),
  global("optional.ofNonZeroValue", ["T"], "optional<T>", (value: Value) =>
    isZero(value) ? Optional.none : new Optional(value),
  ),
  global("optional.none", [], "optional<T>", () => Optional.none),
  member("hasValue", ["optional<T>"], "bool", (optional: Optional) => optional.value !== undefined),
  member("value", ["optional<T>"], "T", (optional: Optional) => {
    if (optional.value === undefined) throw failure("optional.none() dereference");
    return optional.value;
  }),
  member("first", ["list<T>"], "optional<T>", (list: CelList) =>
    list.size === 0 ? Optional.none : new Optional(list.at(0)),
  ),
  member("last", ["list<T>"], "optional<T>", (list: CelList) =>
    list.size === 0 ? Optional.none : new Optional(list.at(list.size - 1)),
  ),
  global("optional.unwrap", ["list<optional<T>>"], "list<T>", unwrap),
  member("unwrapOpt", ["list<optional<T>>"], "list<T>", unwrap),
  member("or", ["optional<T>", "optional<T>"], "optional<T>", (optional: Optional, other: Optional) =>
    optional.value === undefined ? other : optional,
  ),
  member(
    "orValue",
    ["optional<T>", "T"],
    "T",
    (optional: Optional, other: Value) => optional.value ?? otherwise(optional, other),
  ),
];

/** `null` is a value too. */
function otherwise(optional: Optional, other: Value): Value {
  return optional.value === undefined ? other : optional.value;
}

/** What the optionals hold that are not empty. */
function unwrap(list: CelList): CelList {
  const values = list.values().map((optional) => {
    if (!(optional instanceof Optional)) throw noSuchOverload();
    return optional.value;
  });
  return new CelList(values.filter((value) => value !== undefined));
}

/** Go's zero time. */
const YEAR_ONE = -62_135_596_800_000_000_000n;

function isZero(value: Value): boolean {
  if (value === null || value === false || value === "" || value === 0n || value === 0) return true;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof CelList || value instanceof CelMap) return value.size === 0;
  if (value instanceof Uint8Array) return value.length === 0;
  return value instanceof Duration
    ? value.nanoseconds === 0n
    : value instanceof Timestamp && value.nanoseconds === YEAR_ONE;
}
