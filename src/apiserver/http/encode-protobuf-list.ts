import type { ListEncoder } from "../../api/protobuf/list-encoder.ts";
import type { TurnTime } from "../../base/turn-time.ts";
import type { CacheEntry } from "../cache/entry.ts";
import type { ListAnswer } from "../exchange.ts";
import { BLOCK_BYTES, type Block, slices } from "./list-blocks.ts";

/** A list of so many bytes of JSON is kept as a whole until its size is known. */
const SHORT_BYTES_MAX = 4 * 1024 * 1024;
/** So many entries are looked at in less than a millisecond. */
const LOOKS_AT_ONCE = 10_000;

/**
 * Items are encoded from their bytes. Length comes before content, so a long list waits behind its head until all sizes are
 * known: its reader hears at once that it comes.
 */
export async function* protobufBlocks(
  { entries }: ListAnswer,
  head: { readonly kind: string; readonly apiVersion: string; readonly metadata: object },
  time: TurnTime,
): AsyncGenerator<Block, void, boolean | undefined> {
  const { listEncoder } = await import("../../api/protobuf/list-encoder.ts");
  const known = await knownSizes(entries, head.kind, time);
  const encoder = listEncoder(head, known.bytes);
  const isShort = known.bytes <= SHORT_BYTES_MAX;
  if (!isShort) yield [encoder.head];
  const size = isShort ? await encodeAll(encoder, entries, time) : known.size + (await measure(encoder, known, time));
  const start = encoder.start(head.metadata, size);
  yield isShort ? [encoder.head, start] : [start];
  if (!isShort) {
    for (const slice of slices(entries, BLOCK_BYTES)) {
      const pause = time.pause();
      if (pause !== undefined) await pause;
      for (const entry of slice) encoder.add(entry.bytes);
      const blocks = encoder.take();
      if (blocks.length > 0 && (yield blocks)) encoder.giveBack(blocks[0]!);
    }
  }
  for (const block of encoder.take(true)) yield [block];
  yield [encoder.end];
}

async function encodeAll(encoder: ListEncoder, entries: readonly CacheEntry[], time: TurnTime): Promise<number> {
  let size = 0;
  for (const slice of slices(entries, BLOCK_BYTES)) {
    const pause = time.pause();
    if (pause !== undefined) await pause;
    for (const entry of slice) size += encoder.add(entry.bytes);
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

async function knownSizes(entries: readonly CacheEntry[], kind: string, time: TurnTime): Promise<KnownSizes> {
  const noted = kind === "PartialObjectMetadataList" ? "metadataSize" : "protobufSize";
  const unknown: CacheEntry[] = [];
  let bytes = 0;
  let size = 0;
  for (let start = 0; start < entries.length; start += LOOKS_AT_ONCE) {
    const pause = time.pause();
    if (pause !== undefined) await pause;
    const end = Math.min(entries.length, start + LOOKS_AT_ONCE);
    for (let index = start; index < end; index++) {
      const entry = entries[index]!;
      bytes += entry.bytes.length;
      const itemSize = entry[noted];
      if (itemSize === undefined) unknown.push(entry);
      else size += itemSize;
    }
  }
  return { bytes, size, unknown, noted };
}

/**
 * Sizes are noted with the entries: the next list begins at once, and none is ever in memory as a whole. Who lists at the same
 * time finds what has been noted meanwhile.
 */
async function measure(encoder: ListEncoder, { unknown, noted }: KnownSizes, time: TurnTime): Promise<number> {
  let size = 0;
  for (const slice of slices(unknown, BLOCK_BYTES)) {
    const pause = time.pause();
    if (pause !== undefined) await pause;
    for (const entry of slice) {
      entry[noted] ??= encoder.add(entry.bytes);
      size += entry[noted];
    }
    encoder.drop();
  }
  return size;
}
