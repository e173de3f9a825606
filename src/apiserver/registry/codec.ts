import { endOfValue, findInside, type Span, startOfMember } from "../../api/json-bytes.ts";
import type { ApiObject } from "../../api/meta.ts";
import { managedFieldsBytes, managedFieldsText } from "../../api/patch/fields-text.ts";
import { type Fields, fieldsReader } from "../../api/read-fields.ts";
import { invariant } from "../../base/assert.ts";
import { exactIntegersWritten, parseExactJson, parseForeignJson } from "../../base/exact-json.ts";
import { ownBytes } from "../../base/own-bytes.ts";
import type { PreparedContent } from "./like-content.ts";
import { RecentObjects } from "./recent-objects.ts";

/**
 * Objects as the bytes that are stored, cached and sent to clients: one buffer for all three.
 *
 * The revision of a write is known only when the store has given it, so the bytes are made with room for it:
 * `"metadata":{"resourceVersion":"…"` comes first after kind and apiVersion, and `stamp` writes the revision there, padded
 * with spaces behind the closing quote (white space between JSON tokens). Stamping the same revision twice gives the same
 * bytes, so the buffer may be shared.
 *
 * A space behind the object says that it has integers which no number holds (docs/decisions/0036-integers-of-64-bits.md).
 */
const ROOM = "@@@@@@@@@@@@@@@@";
const SPACE = 0x20;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const EMPTY = ROOM.charCodeAt(0);
/** What comes before the room, and where its brace is. */
const MARK = Buffer.from('"metadata":{"resourceVersion":"');
const MARK_BRACE = MARK.indexOf("{");

const recent = new RecentObjects();

/** All of an object that stands beside its kind and metadata, as JSON. */
export interface Content {
  readonly text: string;
  readonly hasLongIntegers: boolean;
}

export function contentOf({ apiVersion: _a, kind: _k, metadata: _m, ...rest }: ApiObject): Content {
  const before = exactIntegersWritten();
  const text = JSON.stringify(rest);
  return { text, hasLongIntegers: exactIntegersWritten() !== before };
}

/**
 * Serializes for the store. Keys of `metadata` other than resourceVersion and managedFields keep their order.
 *
 * @param content where somebody has it already
 */
export function encode(object: ApiObject, content: Content | PreparedContent = contentOf(object)): Buffer {
  if ("write" in content) return withContent(object, content);
  const before = exactIntegersWritten();
  const head = headOf(object);
  const tail = content.text;
  const text = `${head}${tail === "{}" ? "" : ","}${tail.slice(1)}`;
  return ownBytes(content.hasLongIntegers || exactIntegersWritten() !== before ? `${text} ` : text);
}

/** Up to the end of the metadata. */
function headOf({ apiVersion, kind, metadata }: ApiObject): string {
  const { resourceVersion: _, managedFields, ...meta } = metadata ?? {};
  // Half of many objects, and text already.
  const text = managedFields && managedFieldsText(managedFields);
  const fields = managedFields === undefined || text !== undefined ? {} : { managedFields };
  const head = JSON.stringify({ kind, apiVersion, metadata: { resourceVersion: ROOM, ...meta, ...fields } });
  return text === undefined ? head.slice(0, -1) : `${head.slice(0, -2)},"managedFields":${text}}`;
}

const MANAGED_FIELDS = ',"managedFields":';

/** The same of pieces that are bytes already. */
function withContent(object: ApiObject, content: PreparedContent): Buffer {
  const { managedFields, ...metadata } = object.metadata ?? {};
  const fields = managedFields && managedFieldsBytes(managedFields);
  const before = exactIntegersWritten();
  const head =
    fields === undefined ? headOf(object) : `${headOf({ ...object, metadata }).slice(0, -1)}${MANAGED_FIELDS}`;
  const hasLongIntegers = exactIntegersWritten() !== before;
  const headLength = Buffer.byteLength(head);
  const fieldsLength = fields === undefined ? 0 : fields.length + 1;
  const length = headLength + fieldsLength + content.length;
  const bytes = Buffer.allocUnsafeSlow(hasLongIntegers ? length + 1 : length);
  bytes.write(head, 0, headLength);
  if (fields !== undefined) {
    fields.copy(bytes, headLength);
    bytes[headLength + fields.length] = CLOSING_BRACE;
  }
  content.write(bytes, headLength + fieldsLength);
  if (hasLongIntegers) bytes[length] = SPACE;
  return bytes;
}

/**
 * Writes the revision into the room of stored bytes and answers them. Bytes without room (written by another program)
 * are answered as a copy that has it.
 */
export function stamp(bytes: Buffer, revision: number): Buffer {
  const at = roomOf(bytes);
  if (at < 0) return stamp(encode(parseForeignJson(bytes.toString()) as ApiObject), revision);
  const text = String(revision);
  invariant(text.length <= ROOM.length, "a revision has at most 16 digits");
  // Byte by byte, here and below: so few are done sooner than Node is asked to.
  for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index);
  bytes[at + text.length] = QUOTE;
  for (let index = text.length + 1; index <= ROOM.length; index++) bytes[at + index] = SPACE;
  return bytes;
}

/** A copy with another revision: what a DELETED event shows. */
export function stampedCopy(bytes: Buffer, revision: number): Buffer {
  return stamp(ownBytes(bytes), revision);
}

/** Notes the parsed form of stamped bytes, so that nobody needs to parse them again in the next moments. */
export function remember(bytes: Buffer, object: ApiObject): void {
  // Whoever only looks gets numbers.
  if (!hasLongIntegers(bytes)) recent.set(bytes, object);
}

/** Tells that the bytes are replaced by others: whoever still looks at them parses them again. */
export function forget(bytes: Buffer): void {
  recent.delete(bytes);
}

/**
 * The same of bytes that go to the store now: who watches may hear of them before who wrote them does. Answers a copy of the
 * object, which gets its revision when the bytes have theirs.
 */
export function rememberUnstamped(bytes: Buffer, object: ApiObject): ApiObject {
  const copy = { ...object, metadata: { ...object.metadata, resourceVersion: UNSTAMPED } };
  remember(bytes, copy);
  return copy;
}

const UNSTAMPED = "";

/** The parsed form of stamped bytes; shared, so never to be changed. */
export function objectOf<T extends ApiObject = ApiObject>(bytes: Buffer): T {
  const known = recent.get(bytes);
  if (known !== undefined) {
    const { metadata } = known;
    if (metadata?.resourceVersion === UNSTAMPED) metadata.resourceVersion = String(revisionIn(bytes));
    return known as T;
  }
  const object = JSON.parse(bytes.toString()) as T;
  recent.set(bytes, object);
  return object;
}

/** The same with all integers exact, for who writes it again: bigints where numbers would not do. */
export function exactObjectOf<T extends ApiObject = ApiObject>(bytes: Buffer): T {
  return hasLongIntegers(bytes) ? (parseExactJson(bytes.toString()) as T) : objectOf<T>(bytes);
}

function hasLongIntegers(bytes: Buffer): boolean {
  return bytes[bytes.length - 1] === SPACE;
}

/** The same, exact, for who looks at very many objects once: notes nothing. */
export function readObject<T extends ApiObject = ApiObject>(bytes: Buffer): T {
  if (hasLongIntegers(bytes)) return exactObjectOf(bytes);
  return (recent.get(bytes) ?? JSON.parse(bytes.toString())) as T;
}

/** The metadata of an object as JSON, and in it what its managed fields say. */
export interface MetadataSpan extends Span {
  readonly managedFields: Span | undefined;
}

/** Undefined for what has no metadata. */
export function metadataIn(bytes: Buffer): MetadataSpan | undefined {
  const start = startOfMember(bytes, 0, "metadata");
  if (start === undefined) return undefined;
  const { end, member } = findInside(bytes, start, "managedFields");
  return { start, end, managedFields: member };
}

/** The labels of an object; nothing else of it is parsed. */
export function labelsIn(bytes: Buffer): Readonly<Record<string, string>> | undefined {
  const known = recent.get(bytes);
  if (known !== undefined) return known.metadata?.labels;
  const metadata = startOfMember(bytes, 0, "metadata");
  const labels = metadata === undefined ? undefined : startOfMember(bytes, metadata, "labels");
  if (labels === undefined) return undefined;
  return JSON.parse(bytes.toString("utf8", labels, endOfValue(bytes, labels))) ?? undefined;
}

/** Objects that are shown, and where the metadata of each stands in its bytes. */
export interface ShownObjects {
  readonly objects: readonly ApiObject[];
  /** Undefined for what has no metadata. */
  readonly metadata: readonly (Span | undefined)[];
}

type ShownReader = (entries: readonly { readonly bytes: Buffer }[]) => ShownObjects;

/** Objects without their managed fields: nobody looks at them who computes columns, and they are half of many objects. */
export const readWithoutManagedFields: ShownReader = (entries) => {
  const metadata = entries.map(({ bytes }) => metadataIn(bytes));
  const objects = entries.map(({ bytes }, index) => {
    const managedFields = metadata[index]?.managedFields;
    if (managedFields === undefined || hasLongIntegers(bytes)) return readObject(bytes);
    const { start, end } = managedFields;
    return JSON.parse(`${bytes.toString("utf8", 0, start)}[]${bytes.toString("utf8", end)}`) as ApiObject;
  });
  return { objects, metadata };
};

/** The same of whole objects. */
export const readWhole: ShownReader = (entries) => ({
  objects: entries.map(({ bytes }) => readObject(bytes)),
  metadata: entries.map(({ bytes }) => metadataIn(bytes)),
});

/** Reads objects with those fields alone (some of the metadata among them), integers as numbers. Their parts are shared. */
export function shownFieldsReader(fields: Fields): ShownReader {
  const read = fieldsReader(fields);
  return (entries) => {
    const shown = entries.map(({ bytes }) => read(bytes));
    return { objects: shown.map(({ object }) => object as ApiObject), metadata: shown.map(({ metadata }) => metadata) };
  };
}

/** The apiVersion of bytes that begin with it, as those that `encode` made and most that people wrote; undefined of others. */
export function apiVersionIn(bytes: Buffer): string | undefined {
  return /^\{\s*(?:"kind"\s*:\s*"[^"\\]*"\s*,\s*)?"apiVersion"\s*:\s*"([^"\\]*)"/.exec(
    bytes.toString("latin1", 0, 512),
  )?.[1];
}

/** Of stamped bytes. */
function revisionIn(bytes: Buffer): number {
  let revision = 0;
  for (let at = roomOf(bytes); isDigit(bytes[at]); at++) revision = revision * 10 + bytes[at]! - ZERO;
  return revision;
}

/**
 * Where the revision stands or is to stand; -1 where there is no room. The metadata is a part of the object itself and of nothing inside,
 * and in what `encode` made the first one that has parts.
 */
function roomOf(bytes: Buffer): number {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === BACKSLASH) at++;
    else if (byte === QUOTE) isText = !isText;
    else if (isText) continue;
    else if (byte === CLOSING_BRACE) depth--;
    else if (byte === OPENING_BRACE && depth++ === 1) {
      const start = endOfMark(bytes, at - MARK_BRACE);
      if (start > 0 && isRoom(bytes, start)) return start;
    }
  }
  return -1;
}

/** Of the one that begins there; -1 where none does. */
function endOfMark(bytes: Buffer, mark: number): number {
  for (let index = 0; index < MARK.length; index++) if (bytes[mark + index] !== MARK[index]) return -1;
  return mark + MARK.length;
}

/** Empty, or a revision with spaces behind its quote. */
function isRoom(bytes: Buffer, start: number): boolean {
  const end = start + ROOM.length;
  let at = start;
  while (at < end && bytes[at] === EMPTY) at++;
  if (at > start) return at === end && bytes[end] === QUOTE;
  while (at < end && isDigit(bytes[at])) at++;
  if (at === start || bytes[at] !== QUOTE) return false;
  while (at < end && bytes[at + 1] === SPACE) at++;
  return at === end;
}

const ZERO = 0x30;

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte < ZERO + 10;
}
