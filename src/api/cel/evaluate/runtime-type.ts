import type { Type } from "../types/type.ts";
import { dynType } from "../types/type.ts";
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

/** Whether a value has a type, as far as the outermost level and the first element of a list go. */
export function fits(value: Value, type: Type): boolean {
  switch (type.kind) {
    case "dyn":
    case "parameter":
    case "error":
      return true;
    case "null":
      return value === null;
    case "bool":
      return typeof value === "boolean";
    case "int":
      return typeof value === "bigint";
    case "uint":
      return value instanceof Uint;
    case "double":
      return typeof value === "number";
    case "string":
      return typeof value === "string";
    case "bytes":
      return value instanceof Uint8Array;
    case "timestamp":
      return value instanceof Timestamp;
    case "duration":
      return value instanceof Duration;
    case "list":
      return value instanceof CelList && (value.size === 0 || fits(value.at(0), type.parameters[0] ?? dynType));
    case "map":
      return value instanceof CelMap;
    case "type":
      return value instanceof TypeValue;
    case "object":
      return value instanceof CelMap || value instanceof MessageValue;
    case "opaque":
      return type.name === "optional_type"
        ? value instanceof Optional
        : value instanceof OpaqueValue && value.typeName === type.name;
  }
}

/** The name that `type(value)` gives. */
export function typeNameOf(value: Value): string {
  if (value === null) return "null_type";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return "double";
  if (typeof value === "string") return "string";
  if (value instanceof Uint) return "uint";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Timestamp) return "google.protobuf.Timestamp";
  if (value instanceof Duration) return "google.protobuf.Duration";
  if (value instanceof CelList) return "list";
  if (value instanceof TypeValue) return "type";
  if (value instanceof Optional) return "optional_type";
  return value.typeName;
}
