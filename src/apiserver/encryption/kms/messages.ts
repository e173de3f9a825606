/** A message as its fields: what the key service and the envelope need of protobuf are texts, bytes, numbers and one map. */
export type Fields = ReadonlyMap<number, readonly (Buffer | number)[]>;

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** Fields with their numbers, in order; those that are empty are left out, as proto3 does. */
export function encodeMessage(fields: readonly (readonly [number, string | Buffer | number])[]): Buffer {
  const parts: Buffer[] = [];
  for (const [number, value] of fields) {
    if (typeof value === "number") {
      if (value !== 0) parts.push(varint((number << 3) | VARINT), varint(value));
      continue;
    }
    const bytes = typeof value === "string" ? Buffer.from(value) : value;
    if (bytes.length > 0) parts.push(varint((number << 3) | LENGTH_DELIMITED), varint(bytes.length), bytes);
  }
  return Buffer.concat(parts);
}

/** @throws Error when the bytes are no message */
export function decodeMessage(bytes: Buffer): Fields {
  const fields = new Map<number, (Buffer | number)[]>();
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint(bytes, at);
    const kind = tag.value & 7;
    const number = tag.value >>> 3;
    const first = readVarint(bytes, tag.end);
    if (kind !== VARINT && kind !== LENGTH_DELIMITED) throw new Error("the message has a field of another kind");
    const end = kind === VARINT ? first.end : first.end + first.value;
    if (end > bytes.length) throw new Error("the message is cut off");
    const value = kind === VARINT ? first.value : bytes.subarray(first.end, end);
    fields.set(number, [...(fields.get(number) ?? []), value]);
    at = end;
  }
  return fields;
}

export function bytesField(fields: Fields, number: number): Buffer {
  const value = fields.get(number)?.at(-1);
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

export function numberField(fields: Fields, number: number): number {
  const value = fields.get(number)?.at(-1);
  return typeof value === "number" ? value : 0;
}

export type Annotations = ReadonlyMap<string, Buffer>;

/** `map<string, bytes>`: one message an entry. */
export function annotationsField(fields: Fields, number: number): Annotations {
  const entries = (fields.get(number) ?? []).filter(Buffer.isBuffer).map((entry) => {
    const pair = decodeMessage(entry);
    return [bytesField(pair, 1).toString(), bytesField(pair, 2)] as const;
  });
  return new Map(entries);
}

export function annotationEntries(number: number, annotations: Annotations): (readonly [number, Buffer])[] {
  const names = [...annotations.keys()].sort();
  return names.map((name) => [
    number,
    encodeMessage([
      [1, name],
      [2, annotations.get(name)!],
    ]),
  ]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

function readVarint(bytes: Buffer, start: number): { value: number; end: number } {
  let value = 0;
  for (let at = start; at < bytes.length && at < start + 5; at++) {
    value += (bytes[at]! & 0x7f) * 2 ** (7 * (at - start));
    if (bytes[at]! < 0x80) return { value, end: at + 1 };
  }
  throw new Error("the message is cut off");
}
