import { formatQuantity } from "../../quantity.ts";
import { QuantityValue } from "../library/quantity-value.ts";
import { failure } from "./failure.ts";
import { formatDuration, formatTimestamp } from "./time.ts";
import type { Value } from "./values.ts";
import { CelList, CelMap, Duration, MessageValue, Optional, Timestamp, TypeValue, Uint } from "./values.ts";

/** A value as JSON holds it; an empty optional is undefined. @throws CelEvaluationError when JSON has no such thing */
export function toJson(value: Value): unknown {
  if (value === null || typeof value === "boolean" || typeof value === "string" || typeof value === "number")
    return value;
  if (typeof value === "bigint") return integer(value);
  if (value instanceof Uint) return integer(value.value);
  if (value instanceof CelList) return value.values().map(toJson);
  if (value instanceof CelMap) return mapToJson(value.keys().map((key) => [key, value.get(key) as Value]));
  if (value instanceof MessageValue) return mapToJson([...value.fields]);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof Optional) return value.value === undefined ? undefined : toJson(value.value);
  if (value instanceof TypeValue) return value.name;
  if (value instanceof QuantityValue) return formatQuantity(value.quantity);
  return String(value);
}

function integer(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function mapToJson(entries: readonly (readonly [Value, Value])[]): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    if (typeof key === "object" && !(key instanceof Uint)) throw failure("unsupported key type");
    const name = key instanceof Uint ? String(key.value) : String(key);
    Object.defineProperty(result, name, { value: toJson(value), enumerable: true, configurable: true, writable: true });
  }
  return result;
}
