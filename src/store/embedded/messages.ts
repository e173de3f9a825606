import type { Change } from "../memory/versioned-map.ts";
import type { SharedRoom } from "./shared-room.ts";

/** What the main thread asks of the writer thread. */
export type Request =
  | OpenRequest
  | CommitRequest
  /** Drop what was committed after `revision` without an acknowledgement, and make the rest safe. */
  | { readonly type: "recover"; readonly revision: number }
  /** Note the compacted revision and drop rows. */
  | { readonly type: "forget"; readonly compactedRevision: number; readonly revisions: readonly number[] }
  /** Give free room back to the file system, a piece at a time: true when there is more to do. */
  | { readonly type: "reclaim" }
  | { readonly type: "close" };

export interface OpenRequest {
  readonly type: "open";
  readonly database: string;
  /** Where it is noted how far writes were acknowledged. */
  readonly acknowledged: string;
  readonly maximumBytes: number | undefined;
}

export interface CommitRequest {
  readonly type: "commit";
  readonly firstRevision: number;
  readonly writtenAtMs: number;
  readonly keys: readonly string[];
  /** Length of each value in `values`; -1 for a delete. */
  readonly lengths: readonly number[];
  readonly timeToLiveSeconds: readonly (number | null)[];
  /** All values, one after the other: where in the room of the thread they begin, or in memory that goes over to it. */
  readonly values: number | Uint8Array;
}

export interface NumberedRequest {
  readonly number: number;
  readonly request: Request;
}

/** Answers the requests of these numbers: of commits there may be several in one transaction. */
export interface Reply {
  readonly first: number;
  readonly last: number;
  /** Absent when it succeeded. */
  readonly error?: string;
  readonly result?: boolean;
}

/**
 * Packs changes into one message: one copy of the bytes, and no object a change.
 *
 * @param room where the values go when there is a place for them: whoever asks gives it back when the commit is decided
 */
export function packCommit(
  changes: readonly Change[],
  { firstRevision, writtenAtMs, room }: { firstRevision: number; writtenAtMs: number; room: SharedRoom },
): CommitRequest {
  const lengths = changes.map((change) => change.value?.length ?? -1);
  const total = lengths.reduce((sum, length) => sum + Math.max(0, length), 0);
  const place = room.take(total);
  const bytes = place ?? Buffer.allocUnsafeSlow(total);
  let offset = 0;
  for (const change of changes) offset += change.value?.copy(bytes, offset) ?? 0;
  return {
    type: "commit",
    firstRevision,
    writtenAtMs,
    keys: changes.map((change) => change.key),
    lengths,
    timeToLiveSeconds: changes.map((change) => change.timeToLiveSeconds ?? null),
    values: place?.byteOffset ?? bytes,
  };
}
