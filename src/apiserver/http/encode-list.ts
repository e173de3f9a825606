import { type ApiObject, apiVersionOf } from "../../api/meta.ts";
import { listKindOf } from "../../api/schema.ts";
import { tableOf } from "../../api/table.ts";
import type { Clock } from "../../base/clock.ts";
import { type TurnTime, turnTime } from "../../base/turn-time.ts";
import type { CacheEntry } from "../cache/entry.ts";
import type { ListAnswer } from "../exchange.ts";
import { metadataIn, readObject } from "../registry/codec.ts";
import { metadataOf, tableOptions, viewVersionOf } from "./encode-object.ts";
import { protobufBlocks } from "./encode-protobuf-list.ts";
import { metadataStart, rowBlocks } from "./encode-rows.ts";
import { BLOCK_BYTES, type Block, type Blocks, blockMemory, metadataOfList, slices } from "./list-blocks.ts";
import type { Format } from "./negotiate.ts";

const COMMA = Buffer.from(",");
const END = Buffer.from("]}\n");
/** So many bytes of objects are parsed and written in about a millisecond. */
const SLICE_BYTES = 128 * 1024;

/** A list in the wanted form, block by block; as JSON the items are parts of the cached bytes. */
export function encodeList(list: ListAnswer, format: Format, clock: Clock): Blocks {
  const answer = format.as === "table" ? inRowOrder(list) : list;
  const isJson = format.encoding === "json";
  if (isJson && format.as === "object" && !format.pretty) return cachedBlocks(answer);
  const nowMs = clock.now();
  const time = turnTime(clock);
  if (isJson && !format.pretty && format.as === "table") return rowBlocks(answer, format, { nowMs, time });
  const view = viewOf(answer, format, nowMs);
  if (isJson && !format.pretty) return metadataBlocks(answer, view, time);
  if (isJson) return prettySlices(answer, view, time);
  return format.encoding === "protobuf" ? protobufBlocks(answer, view.head, time) : yamlSlices(answer, view, time);
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
    const head = { kind: "PartialObjectMetadataList", apiVersion: viewVersionOf(format), metadata };
    const items = (entries: readonly CacheEntry[]): ApiObject[] =>
      objects(entries).map((each) => metadataOf(each, format));
    return { head, field: "items", items };
  }
  return {
    head: { kind: listKindOf(schema), apiVersion: apiVersionOf(schema), metadata },
    field: "items",
    items: isCustom(answer)
      ? objects
      : (entries) => objects(entries).map(({ kind: _k, apiVersion: _a, ...item }) => item),
  };
}

/** Upstream's typed lists say once of what kind their items are; custom resources each say it, too. */
function isCustom({ resource }: ListAnswer): boolean {
  return resource.custom !== undefined;
}

const OPEN = Buffer.from("{");
const COMMA_OPEN = Buffer.from(",{");

function* cachedBlocks(answer: ListAnswer): Generator<Block, void, undefined> {
  const { schema } = answer.resource;
  // What the bytes begin with; whatever begins otherwise is an item as it is.
  const said = Buffer.from(`{"kind":${JSON.stringify(schema.kind)},"apiVersion":"${apiVersionOf(schema)}",`);
  const { length } = said;
  const isLeftOut = (bytes: Buffer): boolean =>
    bytes.length > length && bytes.compare(said, 0, length, 0, length) === 0;
  const keepsKinds = isCustom(answer);
  const metadata = metadataOfList(answer);
  const head = JSON.stringify({ kind: listKindOf(schema), apiVersion: apiVersionOf(schema), metadata });
  let block: Buffer[] = [Buffer.from(`${head.slice(0, -1)},"items":[`)];
  let isFirst = true;
  for (const slice of slices(answer.entries, BLOCK_BYTES)) {
    for (const { bytes } of slice) {
      if (!keepsKinds && isLeftOut(bytes)) block.push(isFirst ? OPEN : COMMA_OPEN, bytes.subarray(length));
      else if (isFirst) block.push(bytes);
      else block.push(COMMA, bytes);
      isFirst = false;
    }
    yield block;
    block = [];
  }
  yield [...block, END];
}

async function* metadataBlocks(
  answer: ListAnswer,
  { head }: ListView,
  time: TurnTime,
): AsyncGenerator<Block, void, boolean | undefined> {
  yield [Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`)];
  const first = metadataStart(head.apiVersion);
  const next = Buffer.from(`,${first}`);
  let open = Buffer.from(first);
  const memory = blockMemory();
  for (const slice of slices(answer.entries, BLOCK_BYTES)) {
    const pause = time.pause();
    if (pause !== undefined) await pause;
    // What is copied is a part of the objects.
    const whole = memory.of(slice.reduce((sum, { bytes }) => sum + next.length + bytes.length + CLOSE.length, 0));
    let length = 0;
    for (const { bytes } of slice) {
      const { start = 0, end = 0 } = metadataIn(bytes) ?? {};
      length += open.copy(whole, length);
      length += end === 0 ? NOTHING.copy(whole, length) : bytes.copy(whole, length, start, end);
      length += CLOSE.copy(whole, length);
      open = next;
    }
    memory.read(whole, yield [whole.subarray(0, length)]);
  }
  yield [END];
}

const NOTHING = Buffer.from("{}");
const CLOSE = Buffer.from("}");

async function* prettySlices(
  answer: ListAnswer,
  view: ListView,
  time: TurnTime,
): AsyncGenerator<Block, void, undefined> {
  const { head, field } = view;
  const open = `{\n  "${field}": [`;
  const close = "\n  ]\n}";
  yield [Buffer.from(`${JSON.stringify(head, null, 2).slice(0, -2)},\n${open.slice(2)}`)];
  let separator = "";
  for (const slice of slices(answer.entries, SLICE_BYTES)) {
    const pause = time.pause();
    if (pause !== undefined) await pause;
    const text = JSON.stringify({ [field]: view.items(slice) }, null, 2).slice(open.length, -close.length);
    yield [Buffer.from(separator + text)];
    separator = ",";
  }
  yield [Buffer.from(separator === "" ? "]\n}" : close)];
}

/** Lines of YAML take about twenty times as long as JSON. */
const YAML_SLICE_BYTES = 16 * 1024;

async function* yamlSlices(answer: ListAnswer, view: ListView, time: TurnTime): AsyncGenerator<Block, void, undefined> {
  const { dump } = await import("js-yaml");
  const { writeOptions } = await import("../handlers/yaml-schema.ts");
  const { head, field } = view;
  yield [Buffer.from(dump(head) + (answer.entries.length === 0 ? `${field}: []\n` : `${field}:\n`))];
  for (const slice of slices(answer.entries, YAML_SLICE_BYTES)) {
    const pause = time.pause();
    if (pause !== undefined) await pause;
    yield [Buffer.from(dump({ [field]: view.items(slice) }, writeOptions).slice(field.length + 2))];
  }
}
