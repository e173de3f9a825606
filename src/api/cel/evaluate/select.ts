import { failure } from "./failure.ts";
import type { Value } from "./values.ts";
import { CelList, CelMap, MessageValue, Optional, Uint } from "./values.ts";

/** `a.field`. @throws CelEvaluationError */
export function selectField(operand: Value, field: string): Value {
  if (operand instanceof Optional) {
    const value = operand.value === undefined ? undefined : findField(operand.value, field);
    return value === undefined ? Optional.none : new Optional(value);
  }
  const value = findField(operand, field);
  if (value === undefined) throw failure(`no such key: ${field}`);
  return value;
}

/** `has(a.field)`. @throws CelEvaluationError */
export function hasField(operand: Value, field: string): boolean {
  if (operand instanceof Optional) return operand.value !== undefined && findField(operand.value, field) !== undefined;
  return findField(operand, field) !== undefined;
}

/** `a.?field`. */
export function optionalField(operand: Value, field: string): Optional {
  const target = operand instanceof Optional ? operand.value : operand;
  const value = target === undefined ? undefined : findField(target, field);
  return value === undefined ? Optional.none : new Optional(value);
}

function findField(operand: Value, field: string): Value | undefined {
  if (operand instanceof CelMap) return operand.get(field);
  if (operand instanceof MessageValue) return operand.fields.get(field);
  return undefined;
}

/** `a[key]`. @throws CelEvaluationError */
export function index(operand: Value, key: Value): Value {
  if (operand instanceof Optional) {
    const value = operand.value === undefined ? undefined : findIndex(operand.value, key);
    return value === undefined ? Optional.none : new Optional(value);
  }
  const value = findIndex(operand, key);
  if (value !== undefined) return value;
  if (operand instanceof CelList) throw failure(`index out of bounds: ${String(listIndex(key))}`);
  throw failure(operand instanceof CelMap ? `no such key: ${keyText(key)}` : "no such overload");
}

/** `a[?key]`. */
export function optionalIndex(operand: Value, key: Value): Optional {
  const target = operand instanceof Optional ? operand.value : operand;
  const value = target === undefined ? undefined : findIndex(target, key);
  return value === undefined ? Optional.none : new Optional(value);
}

function findIndex(operand: Value, key: Value): Value | undefined {
  if (operand instanceof CelMap) return operand.get(key);
  if (!(operand instanceof CelList)) return undefined;
  const position = listIndex(key);
  return position >= 0 && position < operand.size ? operand.at(Number(position)) : undefined;
}

function listIndex(key: Value): bigint | number {
  if (typeof key === "bigint") return key;
  if (key instanceof Uint) return key.value;
  if (typeof key === "number" && Number.isInteger(key)) return key;
  throw failure(`unsupported index type '${typeof key}' in list`);
}

function keyText(key: Value): string {
  return key instanceof Uint ? String(key.value) : String(key);
}
