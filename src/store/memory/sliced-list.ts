import { nextTurn } from "../../base/turn.ts";
import { CompactedError, type ListRequest, type ListResult, type StoredValue } from "../store.ts";
import type { VersionedMap } from "./versioned-map.ts";

/** What one turn of the event loop collects: about a millisecond. */
const ITEMS_PER_TURN = 10_000;
/** A list of the latest revision begins anew when compaction overtakes it, and then goes through in one turn. */
const MAXIMUM_ATTEMPTS = 3;

/** `map.list` that never blocks the event loop for long: a large list is made in pieces, all at the same revision. */
export async function slicedList(map: VersionedMap, request: ListRequest): Promise<ListResult> {
  for (let attempt = 1; attempt < MAXIMUM_ATTEMPTS; attempt++) {
    try {
      return await listInPieces(map, request);
    } catch (error) {
      if (request.revision !== undefined || !(error instanceof CompactedError)) throw error;
    }
  }
  return map.list(request);
}

async function listInPieces(map: VersionedMap, request: ListRequest): Promise<ListResult> {
  const limit = request.limit ?? Number.POSITIVE_INFINITY;
  const first = map.list({ ...request, limit: Math.min(limit, ITEMS_PER_TURN) });
  if (first.remaining === 0 || limit <= ITEMS_PER_TURN) return first;
  const { revision } = first;
  const items: StoredValue[] = [...first.items];
  for (;;) {
    await nextTurn();
    // The next key in order is the last one with the smallest character behind it.
    const startKey = `${items.at(-1)!.key}\0`;
    const piece = map.list({ ...request, revision, startKey, limit: Math.min(limit - items.length, ITEMS_PER_TURN) });
    for (const item of piece.items) items.push(item);
    if (piece.remaining === 0 || items.length === limit) return { revision, items, remaining: piece.remaining };
  }
}
