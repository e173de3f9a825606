import type { Value } from "./values.ts";
import {
  CelList,
  CelMap,
  Duration,
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
  for (let at = 0; at < left.size; at++) if (!isEqual(left.at(at), right.at(at))) return false;
  return true;
}

function isMapEqual(left: CelMap, right: CelMap): boolean {
  if (left.size !== right.size) return false;
  spendWork(left.size);
  return left.keys().every((key) => {
    const value = right.get(key);
    return value !== undefined && isEqual(left.get(key) as Value, value);
  });
}

function isMessageEqual(left: MessageValue, right: MessageValue): boolean {
  if (left.typeName !== right.typeName || left.fields.size !== right.fields.size) return false;
  return [...left.fields].every(([name, value]) => {
    const other = right.fields.get(name);
    return other !== undefined && isEqual(value, other);
  });
}
