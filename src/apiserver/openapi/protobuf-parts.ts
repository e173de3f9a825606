import { Writer } from "../../api/protobuf/writer.ts";
import { present } from "../../base/assert.ts";
import type { SwaggerPart } from "./v2-convert.ts";
import { type FieldLayout, type Layouts, MESSAGES } from "./v2-messages.ts";

const VARINT = 0;
const FIXED_64 = 1;
const DELIMITED = 2;

/** Where the bytes go, and how messages of this version of OpenAPI stand there. */
interface Out {
  readonly writer: Writer;
  readonly layouts: Layouts;
}

/** A message's bytes, without length. */
export function encodePart(message: string, value: SwaggerPart, layouts: Layouts = MESSAGES): Buffer {
  const writer = new Writer();
  writeMessage({ writer, layouts }, message, value);
  return Buffer.from(writer.bytes());
}

/** One entry of a map of messages, with tag and length: `name` (1) and `value` (2). */
export function encodeEntry(at: number, name: string, of: { message: string; value: SwaggerPart }): Buffer {
  const writer = new Writer();
  delimited(writer, at, () => {
    delimited(writer, 2, () => writeMessage({ writer, layouts: MESSAGES }, of.message, of.value));
    writeText(writer, 1, name);
  });
  return Buffer.from(writer.bytes());
}

/** Tag and length of a field whose content follows. */
export function encodePrefix(at: number, contentBytes: number): Buffer {
  const writer = new Writer();
  writer.varint(contentBytes);
  writer.varint((at << 3) | DELIMITED);
  return Buffer.from(writer.bytes());
}

/** The writer goes from the end to the start, so everything is written in reverse. */
function writeMessage(out: Out, message: string, value: SwaggerPart): void {
  const { fields, extensions } = present(out.layouts[message], `the layout of ${message}`);
  for (const key of Object.keys(value).reverse()) {
    const field = value[key];
    if (field === undefined) continue;
    const layout = fields[key];
    if (layout !== undefined) writeField(out, layout, field);
    else if (key.startsWith("x-")) writeNamedAny(out.writer, extensions, { name: key, value: field });
    else throw new TypeError(`OpenAPI has no place for "${key}" in ${message}`);
  }
}

function writeField(out: Out, layout: FieldLayout, value: unknown): void {
  if (layout.shape === "list") {
    for (const element of (value as readonly unknown[]).toReversed()) writeValue(out, layout, element);
    return;
  }
  if (layout.shape !== "map") {
    writeValue(out, layout, value);
    return;
  }
  const { writer } = out;
  const [outer, entry] = layout.at as [number, number];
  delimited(writer, outer, () => {
    for (const [name, each] of Object.entries(value as Record<string, unknown>).toReversed()) {
      delimited(writer, entry, () => {
        writeValue(out, { at: [2, ...(layout.inside ?? [])], is: layout.is }, each);
        writeText(writer, 1, name);
      });
    }
  });
}

function writeValue(out: Out, { at, is }: FieldLayout, value: unknown): void {
  if (typeof is === "function") {
    const variant = is(value);
    writeValue(out, { at: [...at, ...variant.at], is: variant.is }, value);
    return;
  }
  const { writer } = out;
  const [first, ...rest] = at as [number, ...number[]];
  if (rest.length > 0) delimited(writer, first, () => writeValue(out, { at: rest, is }, value));
  else if (is === "string") writeText(writer, first, value as string);
  else if (is === "nothing") delimited(writer, first, () => {});
  else if (is === "any") delimited(writer, first, () => writeText(writer, 2, JSON.stringify(value)));
  else if (is === "boolean") {
    writer.byte(value === true ? 1 : 0);
    writer.varint((first << 3) | VARINT);
  } else if (is === "integer") {
    writer.int64(value as number);
    writer.varint((first << 3) | VARINT);
  } else if (is === "number") {
    writer.double(value as number);
    writer.varint((first << 3) | FIXED_64);
  } else delimited(writer, first, () => writeMessage(out, is, value as SwaggerPart));
}

/** Values of any shape stand there as text; JSON is YAML. */
function writeNamedAny(writer: Writer, at: number, { name, value }: { name: string; value: unknown }): void {
  delimited(writer, at, () => {
    delimited(writer, 2, () => writeText(writer, 2, JSON.stringify(value)));
    writeText(writer, 1, name);
  });
}

function writeText(writer: Writer, at: number, value: string): void {
  writer.string(value);
  writer.varint((at << 3) | DELIMITED);
}

function delimited(writer: Writer, at: number, content: () => void): void {
  const before = writer.length;
  content();
  writer.varint(writer.length - before);
  writer.varint((at << 3) | DELIMITED);
}
