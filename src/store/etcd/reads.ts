import {
  CompactedError,
  FutureRevisionError,
  type ListRequest,
  type ListResult,
  type StoredValue,
  StoreUnavailableError,
} from "../store.ts";
import type { HistoryStart } from "./compaction.ts";
import type { Connection } from "./connection.ts";
import { EtcdError } from "./errors.ts";
import { type KeySpace, prefixRange } from "./keys.ts";
import type { KeyValue, RangeResponse } from "./messages.ts";

/** A long list is read in parts of about so many bytes, so that neither side holds it twice. */
const PART_BYTES = 4 * 1024 * 1024;
const FIRST_PART_KEYS = 500;
const MOST_PART_KEYS = 10_000;

export interface ReadContext {
  readonly connection: Connection;
  readonly keys: KeySpace;
  readonly history: HistoryStart;
}

export async function readKey(
  context: ReadContext,
  key: string,
  revision: number | undefined,
): Promise<StoredValue | undefined> {
  if (revision !== undefined) context.history.check(revision);
  const response = await readRange(context, { key: context.keys.toEtcd(key), revision });
  return response.kvs[0] === undefined ? undefined : storedValue(key, response.kvs[0]);
}

export async function listKeys(context: ReadContext, request: ListRequest): Promise<ListResult> {
  if (request.revision !== undefined) context.history.check(request.revision);
  const range = prefixRange(context.keys.toEtcd(request.prefix));
  const items: StoredValue[] = [];
  let revision = request.revision;
  let key = laterKey(range.key, request.startKey === undefined ? undefined : context.keys.toEtcd(request.startKey));
  if (range.range_end.length > 1 && key.compare(range.range_end) >= 0) {
    return {
      revision: revision ?? (await readRange(context, { key, count_only: true })).header.revision,
      items,
      remaining: 0,
    };
  }
  for (let part = FIRST_PART_KEYS; ; ) {
    const wanted = Math.min(part, (request.limit ?? Number.POSITIVE_INFINITY) - items.length);
    const response = await readRange(context, { key, range_end: range.range_end, limit: wanted, revision });
    // The parts of one answer show one revision.
    revision ??= response.header.revision;
    let bytes = 0;
    for (const each of response.kvs) {
      bytes += each.value.length;
      const name = context.keys.fromEtcd(each.key);
      if (name !== undefined) items.push(storedValue(name, each));
    }
    const remaining = response.count - response.kvs.length;
    const isDone = response.kvs.length === 0 || !response.more || items.length === request.limit;
    if (isDone) return { revision, items, remaining };
    key = Buffer.concat([response.kvs.at(-1)!.key, Buffer.from([0])]);
    part = Math.min(MOST_PART_KEYS, Math.max(1, Math.floor((part * PART_BYTES) / Math.max(bytes, PART_BYTES / 2))));
  }
}

/** @throws CompactedError, FutureRevisionError, StoreUnavailableError */
async function readRange(
  context: Pick<ReadContext, "connection" | "history">,
  request: { key: Buffer; range_end?: Buffer; limit?: number; revision?: number | undefined; count_only?: boolean },
): Promise<RangeResponse> {
  const { revision = 0, ...range } = request;
  try {
    return await context.connection.read<RangeResponse>("KV/Range", { ...range, revision });
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    if (error.failure === "compacted") throw new CompactedError(revision, await context.history.look());
    if (error.failure === "future") throw new FutureRevisionError(`revision ${revision} is not there yet`);
    throw new StoreUnavailableError(error.message);
  }
}

/** The value in memory of its own: what etcd sends is one block for many. */
export function storedValue(key: string, from: KeyValue): StoredValue {
  return { key, value: Buffer.from(from.value), revision: from.mod_revision };
}

function laterKey(first: Buffer, start: Buffer | undefined): Buffer {
  return start !== undefined && start.compare(first) > 0 ? start : first;
}
