/**
 * What clients asked of a store, and what they saw. Each written value is unique, so a value names the write that gave it.
 * Times are places in one order of all invocations and answers, as somebody who sees every client saw them.
 */
export interface Operation {
  readonly client: string;
  readonly key: string;
  readonly action: Action;
  readonly invokedAt: number;
  /** Absent while, or because, nobody knows what came of it. */
  answer?: Answer & { readonly at: number };
}

export type Action =
  | { readonly type: "get" }
  | { readonly type: "create"; readonly value: string }
  /** `expected` is the value that the key must hold. */
  | { readonly type: "update"; readonly value: string; readonly expected: string }
  | { readonly type: "delete"; readonly expected: string };

export type Answer =
  /** It was done, at this revision. */
  | { readonly type: "done"; readonly revision: number }
  /** The key holds this; undefined: nothing. */
  | { readonly type: "seen"; readonly value: string | undefined; readonly revision?: number | undefined }
  /** Refused, because the key holds this (undefined: nothing; "something": that is all we know). */
  | { readonly type: "refused"; readonly holds: string | undefined | { readonly something: true } };

/** A list of all keys. */
export interface Listing {
  readonly invokedAt: number;
  readonly revision: number;
  readonly values: ReadonlyMap<string, { readonly value: string; readonly revision: number }>;
}

/** What one watch gave, from its start to its end. */
export interface Watching {
  readonly name: string;
  readonly afterRevision: number;
  readonly batches: readonly WatchedBatch[];
}

export interface WatchedBatch {
  readonly revision: number;
  readonly events: readonly WatchedEvent[];
}

export interface WatchedEvent {
  readonly type: "put" | "delete";
  readonly key: string;
  readonly revision: number;
  /** Given for a put. */
  readonly value?: string | undefined;
  readonly previous?: { readonly value: string; readonly revision: number } | undefined;
}

export interface History {
  readonly operations: readonly Operation[];
  readonly listings: readonly Listing[];
  readonly watchings: readonly Watching[];
  /** Everything that happened, as a last watch from the beginning tells it when all is over. */
  readonly log: Watching;
}
