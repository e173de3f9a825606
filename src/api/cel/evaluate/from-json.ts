import { parseQuantityValue } from "../library/quantity-value.ts";
import { failure } from "./failure.ts";
import { parseDuration, parseTimestamp } from "./time.ts";
import type { Convert, Value } from "./values.ts";
import {
  CelList,
  CelMap,
  Duration,
  JsonMap,
  MessageValue,
  OpaqueValue,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
} from "./values.ts";

/** Beyond 64 bits a number is a double. */
const largestInteger = 2 ** 63;

/** JSON whose type is known only now: whole numbers are integers, objects are maps. */
export function convertDynamic(json: unknown): Value {
  if (typeof json === "string" || typeof json === "boolean" || json === null) return json;
  if (typeof json === "number") return Number.isInteger(json) && Math.abs(json) < largestInteger ? BigInt(json) : json;
  if (typeof json === "bigint") return json;
  if (json === undefined) return null;
  if (Array.isArray(json)) return new CelList(json, convertDynamic);
  if (isValue(json)) return json;
  return new JsonMap(json as Record<string, unknown>, convertDynamic);
}

function isValue(value: unknown): value is Value {
  return (
    value instanceof CelMap ||
    value instanceof CelList ||
    value instanceof Uint ||
    value instanceof Timestamp ||
    value instanceof Duration ||
    value instanceof TypeValue ||
    value instanceof Optional ||
    value instanceof OpaqueValue ||
    value instanceof MessageValue ||
    value instanceof Uint8Array
  );
}

/** A time, or the day that begins with one. */
const timestampOf = (text: string) => parseTimestamp(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);

/** How JSON becomes a value of a declared scalar type. What does not fit its type is taken for what it is. */
export function convertScalar(kind: string, inner: Convert = convertDynamic): Convert {
  switch (kind) {
    case "double":
      return (json) => (typeof json === "number" ? json : convertDynamic(json));
    case "unsigned":
      return (json) =>
        typeof json === "number" && Number.isInteger(json) && json >= 0 ? new Uint(BigInt(json)) : convertDynamic(json);
    case "bytes":
      return (json) => (typeof json === "string" ? new Uint8Array(Buffer.from(json, "base64")) : convertDynamic(json));
    case "timestamp":
      return (json) =>
        typeof json === "string" ? (timestampOf(json) ?? fail(json, "date-time")) : convertDynamic(json);
    case "duration":
      return (json) =>
        typeof json === "string" ? (parseDuration(json) ?? fail(json, "duration")) : convertDynamic(json);
    case "quantity":
      return (json) =>
        typeof json === "string" || typeof json === "number"
          ? (parseQuantityValue(String(json)) ?? fail(json, "quantity"))
          : convertDynamic(json);
    case "optional":
      return (json) =>
        json instanceof Optional
          ? json
          : json === undefined || json === null
            ? Optional.none
            : new Optional(inner(json));
    default:
      return convertDynamic;
  }
}

function fail(json: unknown, format: string): never {
  throw failure(`invalid data, expected ${format} but found ${String(json)}`);
}
