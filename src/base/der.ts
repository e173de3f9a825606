/**
 * The little of ASN.1 DER that certificates of our own need: known shapes are written, and elements are walked. Reading is
 * safe on any bytes (a broken length is an error), but it proves nothing about what it reads.
 */
export type Der = Buffer;

const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;

/** Tag, length, contents. */
export function element(tag: number, contents: Uint8Array): Der {
  const { length } = contents;
  const head = length < 0x80 ? [tag, length] : [tag, ...longLength(length)];
  return Buffer.concat([Buffer.from(head), contents]);
}

function longLength(length: number): number[] {
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

export const sequence = (...parts: Der[]): Der => element(SEQUENCE, Buffer.concat(parts));
export const set = (...parts: Der[]): Der => element(SET, Buffer.concat(parts));
export const boolean = (value: boolean): Der => element(BOOLEAN, Buffer.from([value ? 0xff : 0]));
export const octetString = (contents: Uint8Array): Der => element(OCTET_STRING, contents);
export const utf8String = (text: string): Der => element(UTF8_STRING, Buffer.from(text));
export const nothing = (): Der => Buffer.from([0x05, 0x00]);

/** A constructed, context-specific element: `[number] EXPLICIT`. */
export const explicit = (number: number, ...parts: Der[]): Der => element(0xa0 | number, Buffer.concat(parts));
/** A primitive, context-specific element: `[number] IMPLICIT` of a string type. */
export const implicit = (number: number, contents: Uint8Array): Der => element(0x80 | number, contents);

/** A positive integer from its big-endian bytes. */
export function integer(bigEndian: Uint8Array): Der {
  let start = 0;
  while (start < bigEndian.length - 1 && bigEndian[start] === 0) start++;
  const digits = bigEndian.subarray(start);
  const negative = ((digits[0] ?? 0) & 0x80) !== 0;
  return element(INTEGER, negative ? Buffer.concat([Buffer.from([0]), digits]) : digits);
}

/** Whole bytes as a BIT STRING. */
export const bitString = (contents: Uint8Array): Der =>
  element(BIT_STRING, Buffer.concat([Buffer.from([0]), contents]));

/** Named bits (KeyUsage): the bit numbers that are set, counted from the most significant bit of the first byte. */
export function namedBits(...set: number[]): Der {
  const last = Math.max(...set);
  const bytes = Buffer.alloc(Math.floor(last / 8) + 1);
  for (const bit of set) bytes[Math.floor(bit / 8)]! |= 0x80 >> (bit % 8);
  return element(BIT_STRING, Buffer.concat([Buffer.from([7 - (last % 8)]), bytes]));
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function objectIdentifier(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) bytes.push(...base128(arc));
  return element(OBJECT_IDENTIFIER, Buffer.from(bytes));
}

function base128(arc: number): number[] {
  const digits = [arc & 0x7f];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

/** UTCTime until 2049, GeneralizedTime from 2050, as RFC 5280 demands. Whole seconds. */
export function time(epochMs: number): Der {
  const digits = new Date(epochMs).toISOString().replace(/[-:T]/g, "").slice(0, 14);
  const year = Number(digits.slice(0, 4));
  return year < 2050
    ? element(UTC_TIME, Buffer.from(`${digits.slice(2)}Z`))
    : element(GENERALIZED_TIME, Buffer.from(`${digits}Z`));
}

/** The elements inside a constructed element, each with its header. */
export function children(der: Der): Der[] {
  const outer = header(der, 0);
  const found: Der[] = [];
  for (let at = outer.start; at < outer.end; ) {
    const { end } = header(der, at);
    found.push(der.subarray(at, end));
    at = end;
  }
  return found;
}

/** The contents of an element, without its header. */
export function contents(der: Der): Buffer {
  const { start, end } = header(der, 0);
  return der.subarray(start, end);
}

function header(der: Der, at: number): { start: number; end: number } {
  const first = der[at + 1] ?? 0;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const length = lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes);
  const start = at + 2 + lengthBytes;
  const end = start + length;
  if (end > der.length) throw new Error("DER element is cut off");
  return { start, end };
}
