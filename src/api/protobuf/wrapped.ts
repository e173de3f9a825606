import { type Element, writeNested, writeTag } from "./element.ts";
import { ProtobufError } from "./error.ts";
import { typeName } from "./scalars.ts";
import { transcodeIntOrString, transcodeQuantity } from "./transcode-values.ts";

/** resource.Quantity: a message that holds the quantity's text. */
export const quantity: Element = {
  wireType: 2,
  write(writer, value) {
    // JSON may give a quantity as a number.
    if (typeof value !== "string" && typeof value !== "number") {
      throw new ProtobufError(`expected a quantity, got ${typeName(value)}`);
    }
    writeNested(writer, () => {
      writer.string(String(value));
      writeTag(writer, 1, 2);
    });
  },
  transcode: transcodeQuantity,
  read: (reader) =>
    reader.nested(() => {
      let text = "0";
      while (reader.more()) {
        const tag = reader.varint();
        if (tag === 10) text = reader.string();
        else reader.skip(tag & 7);
      }
      return text === "" ? "0" : text;
    }),
  // Go writes a zero quantity as "0" even with omitempty: it is a struct.
  isZero: () => false,
  empty: () => "0",
};

/** intstr.IntOrString: which of both it is, and both. */
export const intOrString: Element = {
  wireType: 2,
  write(writer, value) {
    const isText = typeof value === "string";
    if (!isText && (typeof value !== "number" || (value | 0) !== value)) {
      throw new ProtobufError(`expected an int32 or a string, got ${typeName(value)}`);
    }
    writeNested(writer, () => {
      writer.string(isText ? value : "");
      writeTag(writer, 3, 2);
      writer.int64(isText ? 0 : (value as number));
      writeTag(writer, 2, 0);
      writer.byte(isText ? 1 : 0);
      writeTag(writer, 1, 0);
    });
  },
  transcode: transcodeIntOrString,
  read: (reader) =>
    reader.nested(() => {
      let isText = false;
      let number = 0;
      let text = "";
      while (reader.more()) {
        const tag = reader.varint();
        if (tag === 8) isText = reader.varint() === 1;
        else if (tag === 16) number = reader.varint() | 0;
        else if (tag === 26) text = reader.string();
        else reader.skip(tag & 7);
      }
      return isText ? text : number;
    }),
  isZero: () => false,
  empty: () => 0,
};

/** ExtraValue and Verbs: a message that holds a list of strings. */
export const stringList: Element = {
  wireType: 2,
  write(writer, value) {
    if (!Array.isArray(value)) throw new ProtobufError(`expected a list of strings, got ${typeName(value)}`);
    writeNested(writer, () => {
      for (let index = value.length - 1; index >= 0; index--) {
        const item: unknown = value[index];
        if (typeof item !== "string") throw new ProtobufError(`expected a string, got ${typeName(item)}`);
        writer.string(item);
        writeTag(writer, 1, 2);
      }
    });
  },
  read: (reader) =>
    reader.nested(() => {
      const items: string[] = [];
      while (reader.more()) {
        const tag = reader.varint();
        if (tag === 10) items.push(reader.string());
        else reader.skip(tag & 7);
      }
      return items;
    }),
  isZero: () => false,
  empty: () => [],
};
