import { equalJson } from "../../patch/json-value.ts";
import { toJson } from "./to-json.ts";
import type { ListIdentity, Value } from "./values.ts";
import {
  CelList,
  CelMap,
  Duration,
  JsonObject,
  MessageValue,
  OpaqueValue,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
} from "./values.ts";
import { spendWork } from "./work.ts";

/** CEL's equality: numbers are equal across types, values of different types never. */
export function isEqual(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (left === null || right === null) return false;
  if (isNumber(left)) return isNumber(right) && compareNumbers(left, right) === 0;
  if (typeof left !== "object" || typeof right !== "object") return false;
  if (left instanceof CelList) return right instanceof CelList && isListEqual(left, right);
  if (left instanceof CelMap) return right instanceof CelMap && isMapEqual(left, right);
  if (left instanceof Uint8Array) return right instanceof Uint8Array && Buffer.compare(left, right) === 0;
  if (left instanceof Timestamp) return right instanceof Timestamp && left.nanoseconds === right.nanoseconds;
  if (left instanceof Duration) return right instanceof Duration && left.nanoseconds === right.nanoseconds;
  if (left instanceof TypeValue) return right instanceof TypeValue && left.name === right.name;
  if (left instanceof OpaqueValue)
    return right instanceof OpaqueValue && left.typeName === right.typeName && left.equals(right);
  if (left instanceof MessageValue) return right instanceof MessageValue && isMessageEqual(left, right);
  if (left instanceof Optional && right instanceof Optional) {
    if (left.value === undefined || right.value === undefined) return left.value === right.value;
    return isEqual(left.value, right.value);
  }
  return false;
}

export function isNumber(value: Value): value is bigint | number | Uint {
  return typeof value === "bigint" || typeof value === "number" || value instanceof Uint;
}

/** Negative, zero or positive; NaN when one is not a number. */
export function compareNumbers(left: bigint | number | Uint, right: bigint | number | Uint): number {
  const a = left instanceof Uint ? left.value : left;
  const b = right instanceof Uint ? right.value : right;
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN;
  return a < b ? -1 : a > b ? 1 : 0;
}

function isListEqual(left: CelList, right: CelList): boolean {
  if (left.size !== right.size) return false;
  spendWork(left.size);
  if (left.identity !== undefined) {
    const find = elementFinder(left);
    return right.values().every((element) => {
      const own = find(element);
      return own !== undefined && isEqual(own.value, element);
    });
  }
  for (let at = 0; at < left.size; at++) if (!isEqual(left.at(at), right.at(at))) return false;
  return true;
}

/** Finds in a list that is a set or a map the element that is the same as another, whatever else that one holds. */
export function elementFinder(list: CelList): (element: Value) => { index: number; value: Value } | undefined {
  const { identity = "whole" } = list;
  const known = new Map<string, { index: number; value: Value }>();
  for (const [index, value] of list.values().entries()) known.set(identityOf(value, identity), { index, value });
  return (element) => known.get(identityOf(element, identity));
}

function identityOf(element: Value, identity: ListIdentity): string {
  if (identity === "whole") return scalarIdentity(element);
  return identity.map((key) => scalarIdentity(element instanceof CelMap ? element.get(key) : undefined)).join("\0");
}

/** Numbers of different types are never the same here. */
function scalarIdentity(value: Value | undefined): string {
  if (value instanceof Uint) return `uint ${value.value}`;
  if (value instanceof Timestamp || value instanceof Duration) return `time ${value.nanoseconds}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("latin1")}`;
  return typeof value === "object" && value !== null ? JSON.stringify(toJson(value)) : `${typeof value} ${value}`;
}

function isMapEqual(left: CelMap, right: CelMap): boolean {
  if (left.size !== right.size) return false;
  spendWork(left.size);
  const sameFields = left.keys().every((key) => {
    const [own, value] = [left.get(key), right.get(key)];
    return own === undefined || value === undefined ? own === value : isEqual(own, value);
  });
  return sameFields && (!(left instanceof JsonObject && right instanceof JsonObject) || hasSameUnknown(left, right));
}

/** Of fields that the type does not have, only those that both have are compared. */
function hasSameUnknown(left: JsonObject, right: JsonObject): boolean {
  const others = new Map(right.unknownFields());
  return left.unknownFields().every(([name, json]) => !others.has(name) || equalJson(json, others.get(name)));
}

function isMessageEqual(left: MessageValue, right: MessageValue): boolean {
  if (left.typeName !== right.typeName || left.fields.size !== right.fields.size) return false;
  return [...left.fields].every(([name, value]) => {
    const other = right.fields.get(name);
    return other !== undefined && isEqual(value, other);
  });
}
