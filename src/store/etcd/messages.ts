/** etcd's messages as gRPC gives them: numbers for revisions (all below 2^53), Buffers for bytes, null for what is absent. */
export interface ResponseHeader {
  /** Only to compare: 64 bits do not fit. */
  readonly cluster_id: number;
  readonly revision: number;
}

export interface WithHeader {
  readonly header: ResponseHeader;
}

export interface KeyValue {
  readonly key: Buffer;
  readonly create_revision: number;
  readonly mod_revision: number;
  /** Counts the writes since the key was created. */
  readonly version: number;
  readonly value: Buffer;
}

export interface RangeResponse extends WithHeader {
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
  /** Keys of the whole range, whatever the limit. */
  readonly count: number;
}

export interface TxnResponse extends WithHeader {
  readonly succeeded: boolean;
  readonly responses: readonly { readonly response_range: RangeResponse | null }[];
}

export interface WatchResponse extends WithHeader {
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compact_revision: number;
  readonly cancel_reason: string;
  /** More of the same revision follows. */
  readonly fragment: boolean;
  readonly events: readonly WatchEvent[];
}

export interface WatchEvent {
  readonly type: typeof PUT | typeof DELETE;
  readonly kv: KeyValue;
  readonly prev_kv: KeyValue | null;
}

export interface StatusResponse extends WithHeader {
  readonly version: string;
  readonly errors: readonly string[];
}

export interface SnapshotResponse {
  readonly remaining_bytes: number;
  readonly blob: Buffer;
}

export interface LeaseGrantResponse extends WithHeader {
  readonly ID: number;
  readonly TTL: number;
}

export const PUT = 0;
export const DELETE = 1;

/** Values of Compare. */
export const EQUAL = 0;
export const TARGET_VERSION = 0;
export const TARGET_MOD = 2;
