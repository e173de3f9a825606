import { type Element, writeNested } from "./element.ts";
import { closeLength, openLength } from "./json-cursor.ts";
import { type Message, readMessage, writeMessage } from "./message.ts";
import { type Shape, shapeOf, transcodeMessage } from "./transcode.ts";

/** A nested message as a field's element. */
export function messageElement(message: () => Message): Element {
  let shape: Shape | undefined;
  return {
    wireType: 2,
    isLarge: true,
    write: (writer, value) => writeNested(writer, () => writeMessage(writer, message(), value)),
    transcode(cursor, width, memory) {
      // The same field may lie inside, and change its width.
      const { bytes } = width;
      const start = openLength(cursor, bytes);
      shape ??= shapeOf(message());
      transcodeMessage(cursor, shape, memory);
      width.bytes = closeLength(cursor, start, bytes);
    },
    read: (reader) => reader.nested(() => readMessage(reader, message())),
    isZero: () => false,
    empty: () => ({}),
  };
}
