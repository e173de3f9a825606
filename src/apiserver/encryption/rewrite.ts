import { nextTurn } from "../../base/turn.ts";
import { RevisionMismatchError, type Store, type StoredValue } from "../../store/store.ts";

const PAGE_ITEMS = 100;
/** What others write meanwhile is written right: each look finds less. */
const PASSES_MAX = 5;

export interface Rewritten {
  readonly written: number;
  /** Keys whose value is there and cannot be read. */
  readonly unreadable: readonly string[];
  /** Up to this revision every value is as it would be written now, but for the unreadable ones. */
  readonly revision: number;
}

/**
 * Writes every value below the prefixes anew that is not stored as it would be now. It keeps no record: broken off anywhere, it
 * begins again and finds less to do.
 * @param stores the engine itself, and the encrypted one over it
 * @throws Error when it was broken off, or others changed the same values again and again
 */
export async function rewriteStale(
  stores: { readonly raw: Store; readonly encrypted: Store },
  below: { readonly prefixes: readonly string[]; isWrittenNow(stored: StoredValue): boolean; signal: AbortSignal },
): Promise<Rewritten> {
  let written = 0;
  for (let pass = 0; pass < PASSES_MAX && !below.signal.aborted; pass++) {
    const unreadable: string[] = [];
    let missed = 0;
    for (const prefix of below.prefixes) {
      for await (const stored of stale(stores.raw, { ...below, prefix })) {
        const outcome = await rewrite(stores.encrypted, stored);
        if (outcome === "written") written++;
        else if (outcome === "unreadable") unreadable.push(stored.key);
        else missed++;
      }
    }
    if (missed === 0 && !below.signal.aborted) return { written, unreadable, revision: stores.raw.revision() };
  }
  throw new Error("not all values were written anew: it was broken off, or others change them all the time");
}

async function* stale(
  store: Store,
  of: { prefix: string; isWrittenNow(stored: StoredValue): boolean; signal: AbortSignal },
): AsyncGenerator<StoredValue, void, undefined> {
  let startKey = of.prefix;
  while (!of.signal.aborted) {
    const { items, remaining } = await store.list({ prefix: of.prefix, startKey, limit: PAGE_ITEMS });
    for (const item of items) if (!of.isWrittenNow(item)) yield item;
    const last = items.at(-1);
    if (last === undefined || remaining === 0) return;
    startKey = `${last.key}\0`;
    await nextTurn();
  }
}

async function rewrite(store: Store, { key, revision }: StoredValue): Promise<"written" | "unreadable" | "changed"> {
  let current: StoredValue | undefined;
  try {
    current = await store.get(key);
  } catch {
    return "unreadable";
  }
  if (current === undefined || current.revision !== revision) return "changed";
  try {
    // A copy: the bytes that were read belong to caches, which stamp another revision into them.
    await store.update(key, Buffer.from(current.value), revision);
    return "written";
  } catch (error) {
    if (error instanceof RevisionMismatchError) return "changed";
    throw error;
  }
}
