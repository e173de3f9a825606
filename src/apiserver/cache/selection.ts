import { nextTurn } from "../../base/turn.ts";
import type { CacheEntry, CacheEvent, EventType } from "./entry.ts";

/** Which objects a reader wants. `undefined` parts want all. */
export interface Selection {
  /** Keys start with this (the resource's prefix plus a namespace). */
  readonly prefix: string;
  /** The one key that every wanted object has: lets a read and an event find it directly. */
  readonly key?: string | undefined;
  /** Value of the cache's trigger field that every wanted object has: the same for the objects of one node. */
  readonly trigger?: string | undefined;
  readonly matches?: ((entry: CacheEntry) => boolean) | undefined;
}

export interface SelectedEvent {
  readonly type: EventType;
  readonly event: CacheEvent;
  /** An object that was there when the watch began: told to this one alone, as ADDED. */
  readonly isPresent?: true;
}

/** What a change is to somebody who sees only the selection; undefined when it is nothing. */
export function typeFor(selection: Selection, event: CacheEvent): EventType | undefined {
  const was = event.before !== undefined && wants(selection, event.before);
  const is = event.after !== undefined && wants(selection, event.after);
  if (is) return was ? "MODIFIED" : "ADDED";
  return was ? "DELETED" : undefined;
}

function wants(selection: Selection, entry: CacheEntry): boolean {
  return entry.key.startsWith(selection.prefix) && selection.matches?.(entry) !== false;
}

/** Selectors may have to parse each object: after so many bytes others have their turn. */
const SLICE_BYTES = 512 * 1024;

/** Those of the candidates that the selection wants, at most `limit` (0: all), found without holding anybody up. */
export async function chosen(
  candidates: readonly CacheEntry[],
  { matches }: Selection,
  limit = 0,
): Promise<readonly CacheEntry[]> {
  if (matches === undefined) return limit > 0 ? candidates.slice(0, limit) : candidates;
  const found: CacheEntry[] = [];
  let looked = 0;
  for (const entry of candidates) {
    if (matches(entry)) found.push(entry);
    if (limit > 0 && found.length === limit) return found;
    looked += entry.bytes.length;
    if (looked < SLICE_BYTES) continue;
    looked = 0;
    await nextTurn();
  }
  return found;
}
