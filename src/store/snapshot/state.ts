/** Everything that a store holds at one revision: what backups, etcd's snapshots and moves between engines carry. */
export interface StoreState {
  readonly revision: number;
  /** In order of revision. Two may share one where etcd wrote them in one transaction. */
  readonly objects: readonly StateObject[];
  /** Says that writes that were acknowledged are not in it: the store has lost them. */
  readonly lost?: string | undefined;
}

export interface StateObject {
  readonly key: string;
  /** As the engine keeps it: encrypted where the cluster encrypts. */
  readonly value: Buffer;
  /** Of the write that gave this value. */
  readonly revision: number;
  /** When it goes away by itself; absent when it stays. */
  readonly secondsLeft?: number | undefined;
}

/**
 * A restored store goes on so far above the revision of what it was restored from, because the cluster may have written on
 * after that: whoever watches from a revision of that time gets "410 Gone" and lists anew, instead of missing what differs.
 * The same distance that etcd's documentation recommends for `etcdutl snapshot restore --bump-revision`.
 */
export const REVISION_BUMP = 1_000_000_000;

/** A file is not what it should be, or a place cannot take what is in it. The message says what to do; nothing was changed. */
export class SnapshotError extends Error {
  override name = "SnapshotError";
}
