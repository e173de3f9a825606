import type { Field } from "../schema.ts";
import type { Element } from "./element.ts";
import { ProtobufError } from "./error.ts";
import { transcodeBoolean, transcodeInt32, transcodeInt64, transcodeText } from "./transcode-values.ts";

/** Describes a value in an error: its JSON type, not its content, which may be secret. */
export function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

const text: Element = {
  wireType: 2,
  write(writer, value) {
    if (typeof value !== "string") throw new ProtobufError(`expected a string, got ${typeName(value)}`);
    writer.string(value);
  },
  transcode: transcodeText,
  read: (reader) => reader.string(),
  isZero: (value) => value === "",
  empty: () => "",
};

const bytes: Element = {
  wireType: 2,
  write(writer, value) {
    if (typeof value !== "string") throw new ProtobufError(`expected a base64 string, got ${typeName(value)}`);
    writer.chunk(Buffer.from(value, "base64"));
  },
  read: (reader) => reader.chunk().toString("base64"),
  isZero: (value) => value === "",
  empty: () => "",
};

const boolean: Element = {
  wireType: 0,
  write(writer, value) {
    if (typeof value !== "boolean") throw new ProtobufError(`expected a boolean, got ${typeName(value)}`);
    writer.byte(value ? 1 : 0);
  },
  transcode: transcodeBoolean,
  read: (reader) => reader.varint() !== 0,
  isZero: (value) => value === false,
  empty: () => false,
};

const int32: Element = {
  wireType: 0,
  write(writer, value) {
    if (typeof value !== "number" || (value | 0) !== value)
      throw new ProtobufError(`expected an int32, got ${describe(value)}`);
    writer.int64(value);
  },
  transcode: transcodeInt32,
  read: (reader) => reader.varint() | 0,
  isZero: (value) => value === 0,
  empty: () => 0,
};

const int64: Element = {
  wireType: 0,
  write(writer, value) {
    if (typeof value !== "bigint" && !Number.isInteger(value))
      throw new ProtobufError(`expected an integer, got ${describe(value)}`);
    writer.int64(value as number | bigint);
  },
  transcode: transcodeInt64,
  read: (reader) => reader.int64(),
  isZero: (value) => value === 0,
  empty: () => 0,
};

const double: Element = {
  wireType: 1,
  write(writer, value) {
    if (typeof value !== "number") throw new ProtobufError(`expected a number, got ${typeName(value)}`);
    writer.double(value);
  },
  read: (reader) => reader.double(),
  isZero: (value) => value === 0,
  empty: () => 0,
};

function describe(value: unknown): string {
  return typeof value === "number" ? String(value) : typeName(value);
}

/** The element of a field whose type is a scalar. */
export function scalarElement(field: Pick<Field, "type" | "format">): Element {
  switch (field.type) {
    case "string":
      return text;
    case "bytes":
      return bytes;
    case "boolean":
      return boolean;
    case "integer":
      return field.format === "int32" ? int32 : int64;
    case "number":
      return double;
    default:
      throw new Error("a scalar field without a type");
  }
}
