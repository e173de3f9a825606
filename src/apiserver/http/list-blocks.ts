import type { CacheEntry } from "../cache/entry.ts";
import type { ListAnswer } from "../exchange.ts";

/** Buffers that are written together. */
export type Block = readonly Buffer[];

/**
 * Who asks for the next block may say that nobody reads the last one any more: then its memory is used again. Megabytes of
 * buffers that live for a moment each would have the whole heap collected.
 */
export type Blocks = AsyncGenerator<Block, void, boolean | undefined> | Generator<Block, void, boolean | undefined>;

/** So much is written at once: enough that a write's own cost is small, little enough that others have their turn soon. */
export const BLOCK_BYTES = 256 * 1024;
const BLOCK_SENDING_MS = 0.3;
const BLOCK_ITEMS_MAX = 1000;
const ROOM_STEP_BYTES = 64 * 1024;
const NONE: Buffer = Buffer.alloc(0);

/** How long it takes Node to encrypt and send so many bytes, when the code that writes them has gone on. */
export function sendingMs(bytes: number): number {
  return (bytes / BLOCK_BYTES) * BLOCK_SENDING_MS;
}

/** Runs of entries that are so many bytes together; one at least. */
export function* slices(
  entries: readonly CacheEntry[],
  bytesMax: number,
): Generator<readonly CacheEntry[], void, undefined> {
  let start = 0;
  let size = 0;
  for (let index = 0; index < entries.length; index++) {
    size += entries[index]!.bytes.length;
    if (size < bytesMax && index - start < BLOCK_ITEMS_MAX) continue;
    yield entries.slice(start, index + 1);
    start = index + 1;
    size = 0;
  }
  if (start < entries.length) yield entries.slice(start);
}

/** Memory for one block after the other; the first one whose reader keeps it is replaced. */
export interface BlockMemory {
  /** Room for so many bytes. */
  of(size: number): Buffer;
  /** What has been read is written into again. */
  read(block: Buffer, isRead: boolean | undefined): void;
}

export function blockMemory(): BlockMemory {
  let memory = NONE;
  return {
    of: (size) => (memory.length >= size ? memory : Buffer.allocUnsafeSlow(roomFor(size))),
    read(block, isRead) {
      memory = isRead === true ? Buffer.from(block.buffer) : NONE;
    },
  };
}

/** The next block mostly needs a little less or a little more. */
function roomFor(size: number): number {
  return Math.max(BLOCK_BYTES, Math.ceil((size * 1.25) / ROOM_STEP_BYTES) * ROOM_STEP_BYTES);
}

/** ListMeta of the answer. */
export function metadataOfList(answer: ListAnswer): {
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
