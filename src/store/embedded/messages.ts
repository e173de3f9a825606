import type { Change } from "../memory/versioned-map.ts";

/** What the main thread asks of the writer thread. Each request is answered by one Reply with its number. */
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
  /** All values, one after the other, in memory that goes over to the writer thread. */
  readonly values: Uint8Array;
}

export interface NumberedRequest {
  readonly number: number;
  readonly request: Request;
}

export interface Reply {
  readonly number: number;
  /** Absent when it succeeded. */
  readonly error?: string;
  readonly result?: boolean;
}

/** Packs changes into one message: one copy of the bytes, and no object a change. */
export function packCommit(changes: readonly Change[], firstRevision: number, writtenAtMs: number): CommitRequest {
  const lengths = changes.map((change) => change.value?.length ?? -1);
  const total = lengths.reduce((sum, length) => sum + Math.max(0, length), 0);
  const values = Buffer.allocUnsafeSlow(total);
  let offset = 0;
  for (const change of changes) offset += change.value?.copy(values, offset) ?? 0;
  return {
    type: "commit",
    firstRevision,
    writtenAtMs,
    keys: changes.map((change) => change.key),
    lengths,
    timeToLiveSeconds: changes.map((change) => change.timeToLiveSeconds ?? null),
    values,
  };
}
