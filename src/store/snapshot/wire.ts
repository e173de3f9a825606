/** The little of protobuf's wire format that etcd's stored messages need: https://protobuf.dev/programming-guides/encoding/ */
export interface WireFields {
  readonly numbers: ReadonlyMap<number, bigint>;
  readonly bytes: ReadonlyMap<number, Buffer>;
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** @throws RangeError when it is no message */
export function decodeMessage(message: Buffer): WireFields {
  const numbers = new Map<number, bigint>();
  const bytes = new Map<number, Buffer>();
  let offset = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message.readUInt8(offset++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new RangeError("a number has no end");
  };
  while (offset < message.length) {
    const tag = Number(varint());
    const [field, type] = [tag >>> 3, tag & 7];
    if (type === VARINT) numbers.set(field, varint());
    else if (type === LENGTH_DELIMITED) {
      const length = Number(varint());
      if (length < 0 || offset + length > message.length) throw new RangeError("a field is longer than its message");
      bytes.set(field, message.subarray(offset, offset + length));
      offset += length;
    } else throw new RangeError(`fields of wire type ${type} are not expected`);
  }
  return { numbers, bytes };
}

/** Zeros and empty bytes are left out, as proto3 has it. */
export function encodeMessage(fields: readonly (readonly [number, bigint | number | Buffer])[]): Buffer {
  const parts: Buffer[] = [];
  for (const [field, value] of fields) {
    if (typeof value === "object") {
      if (value.length > 0) parts.push(varint((field << 3) | LENGTH_DELIMITED), varint(value.length), value);
    } else if (BigInt(value) !== 0n) parts.push(varint((field << 3) | VARINT), varint(value));
  }
  return Buffer.concat(parts);
}

function varint(value: bigint | number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
