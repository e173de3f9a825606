import { type Element, writeNested, writeTag } from "./element.ts";
import { ProtobufError, within } from "./error.ts";
import type { Reader } from "./reader.ts";
import { scalarElement, typeName } from "./scalars.ts";
import type { Writer } from "./writer.ts";

/** How a message is made up. Fields are in descending order of their numbers, as the writer needs them. */
export interface Message {
  readonly fields: readonly MessageField[];
  readonly byNumber: ReadonlyMap<number, MessageField>;
}

export type MessageField = ValueField | InlineField;

export interface ValueField {
  readonly number: number;
  readonly name: string;
  readonly element: Element;
  readonly container?: "list" | "map";
  /** JSON leaves the field out when it has its zero value. */
  readonly dropZero: boolean;
}

/** A nested message whose fields JSON shows in the outer object. */
export interface InlineField {
  readonly number: number;
  readonly inline: Message;
}

type JsonObject = Record<string, unknown>;

const mapKey = scalarElement({ type: "string" });

/** Writes an object's fields; fields that the message does not know are left out, as are absent ones and null. */
export function writeMessage(writer: Writer, message: Message, object: unknown): void {
  if (typeof object !== "object" || object === null || Array.isArray(object)) {
    throw new ProtobufError(`expected an object, got ${typeName(object)}`);
  }
  for (const field of message.fields) {
    if ("inline" in field) {
      writeNested(writer, () => writeMessage(writer, field.inline, object));
      writeTag(writer, field.number, 2);
      continue;
    }
    const value = (object as JsonObject)[field.name];
    if (value === undefined || value === null) continue;
    try {
      writeField(writer, field, value);
    } catch (error) {
      throw within(field.name, error);
    }
  }
}

function writeField(writer: Writer, field: ValueField, value: unknown): void {
  const { element, number } = field;
  if (field.container === undefined) {
    element.write(writer, value);
    writeTag(writer, number, element.wireType);
    return;
  }
  if (field.container === "list") {
    if (!Array.isArray(value)) throw new ProtobufError(`expected a list, got ${typeName(value)}`);
    for (let index = value.length - 1; index >= 0; index--) {
      element.write(writer, value[index]);
      writeTag(writer, number, element.wireType);
    }
    return;
  }
  if (typeof value !== "object" || Array.isArray(value))
    throw new ProtobufError(`expected a map, got ${typeName(value)}`);
  const keys = Object.keys(value as JsonObject).sort();
  for (let index = keys.length - 1; index >= 0; index--) {
    const key = keys[index]!;
    writeNested(writer, () => {
      element.write(writer, (value as JsonObject)[key]);
      writeTag(writer, 2, element.wireType);
      mapKey.write(writer, key);
      writeTag(writer, 1, 2);
    });
    writeTag(writer, number, 2);
  }
}

/** Reads fields until the reader's current message ends; unknown ones are skipped. */
export function readMessage(reader: Reader, message: Message, object: JsonObject = {}): JsonObject {
  while (reader.more()) {
    const tag = reader.varint();
    const number = tag >>> 3;
    const wireType = tag & 7;
    if (number === 0) throw new ProtobufError("a field has the number 0");
    const field = message.byNumber.get(number);
    if (field === undefined) reader.skip(wireType);
    else if ("inline" in field) {
      checkWireType(wireType, 2, `field ${number}`);
      reader.nested(() => readMessage(reader, field.inline, object));
    } else {
      try {
        readField(reader, field, { wireType, object });
      } catch (error) {
        throw within(field.name, error);
      }
    }
  }
  return object;
}

function readField(reader: Reader, field: ValueField, into: { wireType: number; object: JsonObject }): void {
  const { name, element, container } = field;
  const { wireType, object } = into;
  if (container === "map") {
    checkWireType(wireType, 2, name);
    const map = (object[name] ??= {}) as JsonObject;
    reader.nested(() => readEntry(reader, element, map));
    return;
  }
  if (container === "list") {
    const list = (object[name] ??= []) as unknown[];
    if (wireType === 2 && element.wireType !== 2) {
      // Numbers may come packed.
      reader.nested(() => {
        while (reader.more()) list.push(element.read(reader));
      });
      return;
    }
    checkWireType(wireType, element.wireType, name);
    list.push(element.read(reader));
    return;
  }
  checkWireType(wireType, element.wireType, name);
  const value = element.read(reader);
  if (field.dropZero && element.isZero(value)) delete object[name];
  else setOwn(object, name, value);
}

function readEntry(reader: Reader, element: Element, map: JsonObject): void {
  let key = "";
  let value: unknown;
  while (reader.more()) {
    const tag = reader.varint();
    if (tag === 10) key = reader.string();
    else if (tag >>> 3 === 2) {
      checkWireType(tag & 7, element.wireType, "a map's value");
      value = element.read(reader);
    } else reader.skip(tag & 7);
  }
  setOwn(map, key, value ?? element.empty());
}

/** A plain assignment to `__proto__` would set the prototype. */
function setOwn(object: JsonObject, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  else object[key] = value;
}

function checkWireType(actual: number, expected: number, where: string): void {
  if (actual !== expected) throw new ProtobufError(`${where} has wire type ${actual} instead of ${expected}`);
}
