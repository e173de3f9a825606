import { type Element, writeNested, writeTag } from "./element.ts";
import { isEnvelope } from "./envelope.ts";
import { ProtobufError } from "./error.ts";
import type { Reader } from "./reader.ts";
import { typeName } from "./scalars.ts";
import { transcodeJson } from "./transcode-values.ts";

/** Decodes an object that lies in as many messages as told. */
export type DecodeEmbedded = (bytes: Buffer, depth: number) => unknown;

/**
 * RawExtension, FieldsV1 and the apiextensions' JSON: a message that holds JSON text as bytes.
 *
 * @param decodeEmbedded decodes an object that a RawExtension holds as protobuf
 */
export function jsonElement(decodeEmbedded?: DecodeEmbedded): Element {
  return {
    wireType: 2,
    isLarge: true,
    write(writer, value) {
      const text = JSON.stringify(value);
      if (text === undefined) throw new ProtobufError(`expected a JSON value, got ${typeName(value)}`);
      writeNested(writer, () => {
        writer.string(text);
        writeTag(writer, 1, 2);
      });
    },
    transcode: transcodeJson,
    read: (reader) =>
      reader.nested(() => {
        let value: unknown = null;
        while (reader.more()) {
          const tag = reader.varint();
          if (tag === 10) value = parse(reader, decodeEmbedded);
          else reader.skip(tag & 7);
        }
        return value;
      }),
    isZero: (value) => value === null,
    empty: () => null,
  };
}

function parse(reader: Reader, decodeEmbedded: DecodeEmbedded | undefined): unknown {
  const bytes = reader.chunk();
  if (bytes.length === 0) return null;
  if (decodeEmbedded !== undefined && isEnvelope(bytes)) return decodeEmbedded(bytes, reader.depth);
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new ProtobufError("expected bytes that are JSON");
  }
}

/** JSONSchemaPropsOrArray: one schema, or a list of them. */
export function schemaOrArray(schema: Element): Element {
  return union({
    write(writer, value) {
      if (!Array.isArray(value)) {
        schema.write(writer, value);
        writeTag(writer, 1, 2);
        return;
      }
      for (let index = value.length - 1; index >= 0; index--) {
        schema.write(writer, value[index]);
        writeTag(writer, 2, 2);
      }
    },
    read(reader) {
      let single: unknown;
      const list: unknown[] = [];
      while (reader.more()) {
        const tag = reader.varint();
        if (tag === 10) single = schema.read(reader);
        else if (tag === 18) list.push(schema.read(reader));
        else reader.skip(tag & 7);
      }
      return list.length > 0 ? list : (single ?? null);
    },
  });
}

/** JSONSchemaPropsOrBool: a schema, or whether anything is allowed. */
export function schemaOrBool(schema: Element): Element {
  return union({
    write(writer, value) {
      if (typeof value !== "boolean") {
        schema.write(writer, value);
        writeTag(writer, 2, 2);
      }
      writer.byte(value === false ? 0 : 1);
      writeTag(writer, 1, 0);
    },
    read(reader) {
      let allows = false;
      let single: unknown;
      while (reader.more()) {
        const tag = reader.varint();
        if (tag === 8) allows = reader.varint() !== 0;
        else if (tag === 18) single = schema.read(reader);
        else reader.skip(tag & 7);
      }
      return single ?? allows;
    },
  });
}

/** JSONSchemaPropsOrStringArray: a schema, or a list of names. */
export function schemaOrStringArray(schema: Element): Element {
  return union({
    write(writer, value) {
      if (!Array.isArray(value)) {
        schema.write(writer, value);
        writeTag(writer, 1, 2);
        return;
      }
      for (let index = value.length - 1; index >= 0; index--) {
        const name: unknown = value[index];
        if (typeof name !== "string") throw new ProtobufError(`expected a string, got ${typeName(name)}`);
        writer.string(name);
        writeTag(writer, 2, 2);
      }
    },
    read(reader) {
      let single: unknown;
      const names: string[] = [];
      while (reader.more()) {
        const tag = reader.varint();
        if (tag === 10) single = schema.read(reader);
        else if (tag === 18) names.push(reader.string());
        else reader.skip(tag & 7);
      }
      return names.length > 0 ? names : (single ?? null);
    },
  });
}

function union(arms: Pick<Element, "write" | "read">): Element {
  return {
    wireType: 2,
    write: (writer, value) => writeNested(writer, () => arms.write(writer, value)),
    read: (reader) => reader.nested(() => arms.read(reader)),
    isZero: (value) => value === null,
    empty: () => null,
  };
}
