import { type ApiObject, apiVersionOf } from "../../api/meta.ts";
import type { ListEncoder } from "../../api/protobuf/list-encoder.ts";
import { tableOf } from "../../api/table.ts";
import { nextTurn } from "../../base/turn.ts";
import { nextStart, turnBudget } from "../../base/turn-budget.ts";
import type { CacheEntry } from "../cache/entry.ts";
import type { ListAnswer } from "../exchange.ts";
import {
  fieldsReader,
  type MetadataSpan,
  metadataIn,
  readObject,
  readWithoutManagedFields,
} from "../registry/codec.ts";
import { metadataOf, tableOptions } from "./encode-object.ts";
import type { Format } from "./negotiate.ts";

/** Buffers that are written together. */
export type Block = readonly Buffer[];

/**
 * Who asks for the next block may say that nobody reads the last one any more: then its memory is used again. Megabytes of
 * buffers that live for a moment each would have the whole heap collected.
 */
export type Blocks = AsyncGenerator<Block, void, boolean | undefined> | Generator<Block, void, boolean | undefined>;

const COMMA = Buffer.from(",");
const END = Buffer.from("]}\n");
const NONE: Buffer = Buffer.alloc(0);
/** So much is written at once: enough that a write's own cost is small, little enough that others have their turn soon. */
const BLOCK_BYTES = 256 * 1024;
const BLOCK_ITEMS_MAX = 1000;
/** So many bytes of objects are parsed and written in a few milliseconds; then others have their turn. */
const SLICE_BYTES = 256 * 1024;
/** Of all lists together so many slices in a turn: a hundred clients that come at once must not keep everybody else waiting. */
const encodingTurns = turnBudget(3);

/** A list in the wanted form, block by block; as JSON the items are the cached bytes themselves. */
export function encodeList(list: ListAnswer, format: Format, nowMs: number): Blocks {
  const answer = format.as === "table" ? inRowOrder(list) : list;
  const isJson = format.encoding === "json";
  if (isJson && format.as === "object" && !format.pretty) return cachedBlocks(answer);
  const view = viewOf(answer, format, nowMs);
  if (isJson && !format.pretty)
    return format.as === "table" ? rowBlocks(answer, format, nowMs) : metadataBlocks(answer, view);
  if (isJson) return prettySlices(answer, view);
  return format.encoding === "protobuf" ? protobufBlocks(answer, view) : yamlSlices(answer, view);
}

function inRowOrder(answer: ListAnswer): ListAnswer {
  const { kind } = answer.resource;
  if (kind?.rowOrder === undefined) return answer;
  const read = answer.entries.map((entry) => ({ entry, object: readObject(entry.bytes) }));
  const entries = read.sort((a, b) => kind.rowOrder!(a.object, b.object)).map(({ entry }) => entry);
  return { ...answer, entries };
}

/** What a list is made of, whatever it looks like: what stands before the items, the items' name, and how they are made. */
interface ListView {
  readonly head: { readonly kind: string; readonly apiVersion: string; readonly metadata: object };
  readonly field: "items" | "rows";
  items(entries: readonly CacheEntry[]): readonly object[];
}

function viewOf(answer: ListAnswer, format: Format, nowMs: number): ListView {
  const { schema, kind } = answer.resource;
  const metadata = metadataOfList(answer);
  const objects = (entries: readonly CacheEntry[]): ApiObject[] => entries.map((entry) => readObject(entry.bytes));
  if (format.as === "table") {
    const options = { ...tableOptions(undefined, format, nowMs), metadata };
    const { rows: _, ...head } = tableOf(kind, [], options);
    return { head, field: "rows", items: (entries) => tableOf(kind, objects(entries), options).rows };
  }
  if (format.as === "metadata") {
    const head = { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata };
    return { head, field: "items", items: (entries) => objects(entries).map(metadataOf) };
  }
  return {
    head: { kind: `${schema.kind}List`, apiVersion: apiVersionOf(schema), metadata },
    field: "items",
    items: objects,
  };
}

/** Runs of entries that are so many bytes together; one at least. */
function* slices(entries: readonly CacheEntry[], bytesMax: number): Generator<readonly CacheEntry[], void, undefined> {
  let start = 0;
  let size = 0;
  for (const [index, { bytes }] of entries.entries()) {
    size += bytes.length;
    if (size < bytesMax && index - start < BLOCK_ITEMS_MAX) continue;
    yield entries.slice(start, index + 1);
    start = index + 1;
    size = 0;
  }
  if (start < entries.length) yield entries.slice(start);
}

function* cachedBlocks(answer: ListAnswer): Generator<Block, void, undefined> {
  const { schema } = answer.resource;
  const metadata = metadataOfList(answer);
  const head = JSON.stringify({ kind: `${schema.kind}List`, apiVersion: apiVersionOf(schema), metadata });
  let block: Buffer[] = [Buffer.from(`${head.slice(0, -1)},"items":[`)];
  for (const slice of slices(answer.entries, BLOCK_BYTES)) {
    for (const { bytes } of slice) block.push(bytes, COMMA);
    if (slice.at(-1) === answer.entries.at(-1)) block.pop();
    yield block;
    block = [];
  }
  yield [...block, END];
}

/** Only cells are computed; what stands beside them is copied from the objects' bytes. */
async function* rowBlocks(
  answer: ListAnswer,
  format: Format,
  nowMs: number,
): AsyncGenerator<Block, void, boolean | undefined> {
  const { kind } = answer.resource;
  const options = { nowMs, includeObject: "None", metadata: metadataOfList(answer) } as const;
  yield [Buffer.from(`${JSON.stringify(tableOf(kind, [], options)).slice(0, -"]}".length)}`)];
  const hasMetadata = format.includeObject !== "None" && format.includeObject !== "Object";
  const read = shownReader(answer);
  let memory = NONE;
  let separator = "";
  for (const slice of slices(answer.entries, SLICE_BYTES)) {
    await nextStart(encodingTurns);
    const block: Buffer[] = [];
    const { rows } = tableOf(kind, read(slice), options);
    for (const [index, { bytes }] of slice.entries()) {
      const row = separator + JSON.stringify(rows[index]).slice(0, -1);
      separator = ",";
      if (hasMetadata)
        block.push(Buffer.from(`${row},"object":${METADATA}`), part(bytes, metadataIn(bytes)), CLOSE_BOTH);
      else if (format.includeObject === "None") block.push(Buffer.from(`${row}}`));
      else block.push(Buffer.from(`${row},"object":`), bytes, CLOSE);
    }
    const whole = joinBlock(block, memory);
    memory = (yield [whole]) === true ? Buffer.from(whole.buffer) : NONE;
    await nextTurn();
  }
  yield [END];
}

/** Reads objects with what their columns look at. Columns of custom resources may look at anything. */
function shownReader({ resource }: ListAnswer): (entries: readonly CacheEntry[]) => readonly ApiObject[] {
  const { kind, custom } = resource;
  if (custom !== undefined) return (entries) => entries.map(({ bytes }) => readObject(bytes));
  if (kind?.columnFields !== undefined) return fieldsReader(kind.columnFields);
  return (entries) => entries.map(({ bytes }) => readWithoutManagedFields(bytes));
}

/** Puts buffers into one: each that is written alone costs more than its copy. */
function joinBlock(parts: readonly Buffer[], memory: Buffer): Buffer {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const whole = memory.length >= size ? memory : Buffer.allocUnsafeSlow(Math.max(size, BLOCK_BYTES));
  let length = 0;
  for (const each of parts) length += each.copy(whole, length);
  return whole.subarray(0, size);
}

function part(bytes: Buffer, span: MetadataSpan | undefined): Buffer {
  return span === undefined ? NOTHING : bytes.subarray(span.start, span.end);
}

const NOTHING = Buffer.from("{}");
const METADATA = '{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":';
const CLOSE = Buffer.from("}");
const CLOSE_BOTH = Buffer.from("}}");

async function* metadataBlocks(
  answer: ListAnswer,
  { head }: ListView,
): AsyncGenerator<Block, void, boolean | undefined> {
  yield [Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`)];
  let open = Buffer.from(METADATA);
  let memory = NONE;
  for (const slice of slices(answer.entries, BLOCK_BYTES)) {
    const block: Buffer[] = [];
    for (const { bytes } of slice) {
      block.push(open, part(bytes, metadataIn(bytes)), CLOSE);
      open = NEXT_METADATA;
    }
    const whole = joinBlock(block, memory);
    memory = (yield [whole]) === true ? Buffer.from(whole.buffer) : NONE;
    await nextTurn();
  }
  yield [END];
}

const NEXT_METADATA = Buffer.from(`,${METADATA}`);

async function* prettySlices(answer: ListAnswer, view: ListView): AsyncGenerator<Block, void, undefined> {
  const { head, field } = view;
  const open = `{\n  "${field}": [`;
  const close = "\n  ]\n}";
  yield [Buffer.from(`${JSON.stringify(head, null, 2).slice(0, -2)},\n${open.slice(2)}`)];
  let separator = "";
  for (const slice of slices(answer.entries, SLICE_BYTES)) {
    await nextStart(encodingTurns);
    const text = JSON.stringify({ [field]: view.items(slice) }, null, 2).slice(open.length, -close.length);
    yield [Buffer.from(separator + text)];
    separator = ",";
    await nextTurn();
  }
  yield [Buffer.from(separator === "" ? "]\n}\n" : `${close}\n`)];
}

/** Lines of YAML take about twenty times as long as JSON. */
const YAML_SLICE_BYTES = 16 * 1024;

async function* yamlSlices(answer: ListAnswer, view: ListView): AsyncGenerator<Block, void, undefined> {
  const { dump } = await import("js-yaml");
  const { writeOptions } = await import("../handlers/yaml-schema.ts");
  const { head, field } = view;
  yield [Buffer.from(dump(head) + (answer.entries.length === 0 ? `${field}: []\n` : `${field}:\n`))];
  for (const slice of slices(answer.entries, YAML_SLICE_BYTES)) {
    await nextStart(encodingTurns);
    yield [Buffer.from(dump({ [field]: view.items(slice) }, writeOptions).slice(field.length + 2))];
    await nextTurn();
  }
}

/** Items are encoded from their bytes. Length comes before content, so the first byte waits until all sizes are known. */
async function* protobufBlocks(
  answer: ListAnswer,
  { head }: ListView,
): AsyncGenerator<Block, void, boolean | undefined> {
  const { listEncoder } = await import("../../api/protobuf/list-encoder.ts");
  const { entries } = answer;
  const known = knownSizes(entries, head.kind);
  const encoder = listEncoder(head, known.bytes);
  const isShort = known.bytes <= SHORT_BYTES_MAX;
  const size = isShort ? await encodeAll(encoder, entries) : known.size + (await measure(encoder, known));
  yield [encoder.start(head.metadata, size)];
  if (!isShort) {
    for (const slice of slices(entries, BLOCK_BYTES)) {
      await nextStart(encodingTurns);
      for (const entry of slice) encoder.add(entry.bytes);
      const blocks = encoder.take();
      if (blocks.length > 0 && (yield blocks)) encoder.giveBack(blocks[0]!);
      await nextTurn();
    }
  }
  for (const block of encoder.take(true)) yield [block];
  yield [encoder.end];
}

/** A list of so many bytes of JSON is kept as a whole until its size is known. */
const SHORT_BYTES_MAX = 4 * 1024 * 1024;

async function encodeAll(encoder: ListEncoder, entries: readonly CacheEntry[]): Promise<number> {
  let size = 0;
  for (const slice of slices(entries, BLOCK_BYTES)) {
    await nextStart(encodingTurns);
    for (const entry of slice) size += encoder.add(entry.bytes);
    await nextTurn();
  }
  return size;
}

interface KnownSizes {
  /** Of all entries as JSON. */
  readonly bytes: number;
  /** Of those whose size is noted, as items. */
  readonly size: number;
  readonly unknown: readonly CacheEntry[];
  readonly noted: "metadataSize" | "protobufSize";
}

/** One walk: to look at a hundred thousand entries takes milliseconds. */
function knownSizes(entries: readonly CacheEntry[], kind: string): KnownSizes {
  const noted = kind === "PartialObjectMetadataList" ? "metadataSize" : "protobufSize";
  const unknown: CacheEntry[] = [];
  let bytes = 0;
  let size = 0;
  for (const entry of entries) {
    bytes += entry.bytes.length;
    const itemSize = entry[noted];
    if (itemSize === undefined) unknown.push(entry);
    else size += itemSize;
  }
  return { bytes, size, unknown, noted };
}

/**
 * Sizes are noted with the entries: the next list begins at once, and none is ever in memory as a whole. Who lists at the same
 * time finds what has been noted meanwhile.
 */
async function measure(encoder: ListEncoder, { unknown, noted }: KnownSizes): Promise<number> {
  let size = 0;
  for (const slice of slices(unknown, BLOCK_BYTES)) {
    if (slice.at(-1)?.[noted] === undefined) await nextStart(encodingTurns);
    for (const entry of slice) {
      entry[noted] ??= encoder.add(entry.bytes);
      size += entry[noted];
    }
    encoder.drop();
    await nextTurn();
  }
  return size;
}

/** ListMeta of the answer. */
function metadataOfList(answer: ListAnswer): {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
} {
  return {
    resourceVersion: String(answer.revision),
    ...(answer.continueToken === undefined ? {} : { continue: answer.continueToken }),
    ...(answer.remaining === undefined || answer.remaining === 0 ? {} : { remainingItemCount: answer.remaining }),
  };
}
