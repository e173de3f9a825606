import type { ApiObject, ResourceReference } from "../api/meta.ts";
import type { TraceContext } from "../base/trace.ts";

/**
 * The seam between a component and what it knows of the cluster: a local, eventually consistent copy of one collection,
 * kept by list and watch and never silently stale (a broken watch is re-established with bounded back-off, a gap is
 * healed by a new list that yields the differences as changes).
 *
 * `P` is the informer's projection: what the component needs of each object, and nothing else is kept. Items are shared
 * and never changed.
 */
export interface Informer<P> {
  /** Resolves once the first list is in; rejects never (it waits and retries until the set stops). */
  readonly synced: Promise<void>;
  /** True once synced. */
  hasSynced(): boolean;
  /** By key: `namespace/name`, or the name for kinds without a namespace (api/meta.ts keyOf). */
  get(key: string): P | undefined;
  /** All items, or those of a namespace. */
  list(namespace?: string): P[];
  /** The same, one after the other and as they are when they come: for who looks at very many of them in turns. */
  each(namespace?: string): Iterable<P>;
  /** Items that an index of the informer's options files under that value. */
  by(index: string, value: string): P[];
  /** Calls back for every item that is there and for every later change, in order. Answers how to stop. */
  subscribe(handler: (change: Change<P>) => void): () => void;
}

/** `before` is absent for an addition, `after` for a deletion. A re-list may give a change with both alike. */
export interface Change<P> {
  readonly key: string;
  readonly before?: P | undefined;
  readonly after?: P | undefined;
  /** What caused it, as far as known. */
  readonly cause?: TraceContext | undefined;
}

export interface InformerOptions<T extends ApiObject, P> {
  readonly resource: ResourceReference<T>;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /**
   * What to keep of an object. Must be pure; the same object gives an equal projection.
   * @param before what is kept of the same object's last state, where that is known: parts of it that still say the same may be
   *   used again
   */
  project(object: T, before?: P): P;
  /** Values under which an item is filed, an index. */
  readonly indexes?: Readonly<Record<string, (item: P) => readonly string[]>>;
}

/** The informers of one component: made once, started together, stopped together. */
export interface InformerSet {
  /** The whole object as it came. One shared informer a resource. */
  informer<T extends ApiObject>(
    resource: ResourceReference<T>,
    indexes?: InformerOptions<T, T>["indexes"],
  ): Informer<T>;
  /** An informer of its own for these options. */
  projected<T extends ApiObject, P>(options: InformerOptions<T, P>): Informer<P>;
  /** Starts those made so far and those made later; returns when all made so far have synced. */
  start(): Promise<void>;
  /** Ends all watches. Idempotent. */
  stop(): Promise<void>;
}
