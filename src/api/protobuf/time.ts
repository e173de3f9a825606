import { type Element, writeNested, writeTag } from "./element.ts";
import { ProtobufError } from "./error.ts";
import { type JsonCursor, readValue, writeBytes } from "./json-cursor.ts";
import type { Reader } from "./reader.ts";
import { typeName } from "./scalars.ts";
import { secondsAt, writeSeconds } from "./transcode-time.ts";
import { Writer } from "./writer.ts";

const rfc3339 = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})$/;

/** Go's zero time, which JSON shows as null. */
const zeroSeconds = -62135596800;

/** google.protobuf.Timestamp; the JSON form keeps seconds only. */
export const time: Element = timestamp(0);

/** The same with microseconds. */
export const microTime: Element = timestamp(6);

function timestamp(digits: 0 | 6): Element {
  return {
    wireType: 2,
    write(writer, value) {
      if (value === null) {
        writer.varint(0);
        return;
      }
      const { seconds, nanoseconds } = parse(value);
      writeNested(writer, () => {
        writer.varint(digits === 0 ? 0 : Math.floor(nanoseconds / 1000) * 1000);
        writeTag(writer, 2, 0);
        writer.int64(seconds);
        writeTag(writer, 1, 0);
      });
    },
    ...(digits === 0 && { transcode: transcodeTime }),
    read: (reader) => reader.nested(() => readTimestamp(reader, digits)),
    isZero: (value) => value === null,
    empty: () => null,
  };
}

function transcodeTime(cursor: JsonCursor): void {
  const seconds = secondsAt(cursor);
  if (seconds !== undefined) {
    writeSeconds(cursor, seconds);
    return;
  }
  const writer = new Writer();
  time.write(writer, readValue(cursor));
  writeBytes(cursor, writer.bytes());
}

function parse(value: unknown): { seconds: number; nanoseconds: number } {
  if (typeof value !== "string") throw new ProtobufError(`expected a time, got ${typeName(value)}`);
  const match = rfc3339.exec(value);
  const milliseconds = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}${match[4]!.toUpperCase()}`);
  if (match === null || Number.isNaN(milliseconds)) {
    throw new ProtobufError(`"${value}" is not a time such as 2006-01-02T15:04:05Z`);
  }
  return { seconds: milliseconds / 1000, nanoseconds: Number((match[3] ?? "").padEnd(9, "0").slice(0, 9)) };
}

function readTimestamp(reader: Reader, digits: 0 | 6): string | null {
  if (!reader.more()) return null;
  let seconds = 0;
  let nanoseconds = 0;
  while (reader.more()) {
    const tag = reader.varint();
    if (tag === 8) seconds = Number(reader.int64());
    else if (tag === 16) nanoseconds = reader.varint();
    else reader.skip(tag & 7);
  }
  if (seconds === zeroSeconds && nanoseconds === 0) return null;
  if (seconds < zeroSeconds || seconds >= 253402300800 || nanoseconds > 999_999_999) {
    throw new ProtobufError("a time is outside the years 1 to 9999");
  }
  const text = new Date(seconds * 1000).toISOString().slice(0, 19);
  if (digits === 0) return `${text}Z`;
  return `${text}.${String(Math.floor(nanoseconds / 1000)).padStart(6, "0")}Z`;
}
