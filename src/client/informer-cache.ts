import { InvariantError } from "../base/assert.ts";
import type { Logger } from "../base/log.ts";
import type { TraceContext } from "../base/trace.ts";
import type { Change, Informer } from "./informer.ts";
import { createIndex, type IndexFunction, type InformerIndex } from "./informer-index.ts";

/** What the cache keeps of one object. */
export interface CacheEntry<P> {
  readonly item: P;
  readonly uid: string;
  readonly revision: string;
}

type Handler<P> = (change: Change<P>) => void;

/**
 * The items of one informer with their indexes and subscribers. A reflector writes to it, views read it.
 * Handlers run at once, in order of subscription; one that throws is
 * logged and does not keep the others from hearing.
 */
export class InformerCache<P> {
  readonly synced: Promise<void>;
  readonly #log: Logger;
  readonly #entries = new Map<string, CacheEntry<P>>();
  /** Made when somebody asks for a namespace's items. */
  #namespaces: Map<string, Set<string>> | undefined;
  readonly #indexes = new Map<IndexFunction<P>, InformerIndex<P>>();
  /** Replaced, never changed: a change is told to those who were there when it came. */
  #handlers: readonly { handle: Handler<P> }[] = [];
  #hasSynced = false;
  #resolveSynced: () => void = () => {};

  constructor(log: Logger) {
    this.#log = log;
    this.synced = new Promise((resolve) => {
      this.#resolveSynced = resolve;
    });
  }

  /** Makes the cache hold exactly `entries`, and tells subscribers the differences. */
  replace(entries: ReadonlyMap<string, CacheEntry<P>>): void {
    for (const key of [...this.#entries.keys()]) if (!entries.has(key)) this.remove(key);
    for (const [key, entry] of entries) {
      if (this.#entries.get(key)?.revision !== entry.revision) this.put(key, entry);
    }
    if (this.#hasSynced) return;
    this.#hasSynced = true;
    this.#resolveSynced();
  }

  /** Adds or changes one item. Another object under the same name is a deletion and an addition. */
  put(key: string, entry: CacheEntry<P>, cause?: TraceContext): void {
    const previous = this.#entries.get(key);
    if (previous !== undefined && previous.uid !== entry.uid) {
      this.remove(key, undefined, cause);
      this.put(key, entry, cause);
      return;
    }
    this.#entries.set(key, entry);
    if (previous === undefined) this.#file(key, entry.item);
    else for (const index of this.#indexes.values()) index.change(key, previous.item, entry.item);
    this.#notify({ key, before: previous?.item, after: entry.item, cause });
  }

  /** Removes one item. `last` is its final state, if the server told it. */
  remove(key: string, last?: CacheEntry<P>, cause?: TraceContext): void {
    const previous = this.#entries.get(key);
    if (previous === undefined) return;
    this.#entries.delete(key);
    this.#unfile(key, previous.item);
    this.#notify({ key, before: last?.uid === previous.uid ? last.item : previous.item, cause });
  }

  /** How components see the cache; each view names its own indexes. */
  view(indexes: Readonly<Record<string, IndexFunction<P>>> = {}): Informer<P> {
    for (const valuesOf of Object.values(indexes)) this.#ensureIndex(valuesOf);
    return {
      synced: this.synced,
      hasSynced: () => this.#hasSynced,
      get: (key) => this.#entries.get(key)?.item,
      list: (namespace) => (namespace === undefined ? this.#all() : this.#items(this.#keysIn(namespace))),
      by: (name, value) => {
        const valuesOf = indexes[name];
        if (valuesOf === undefined) throw new InvariantError(`informer has no index "${name}": name it when making it`);
        return this.#items(this.#ensureIndex(valuesOf).keys(value));
      },
      subscribe: (handler) => this.#subscribe(handler),
    };
  }

  #subscribe(handler: Handler<P>): () => void {
    const subscription = { handle: handler };
    for (const [key, entry] of this.#entries) this.#call(subscription.handle, { key, after: entry.item });
    this.#handlers = [...this.#handlers, subscription];
    return () => {
      this.#handlers = this.#handlers.filter((other) => other !== subscription);
    };
  }

  #notify(change: Change<P>): void {
    for (const { handle } of this.#handlers) this.#call(handle, change);
  }

  #call(handle: Handler<P>, change: Change<P>): void {
    try {
      handle(change);
    } catch (error) {
      this.#log.error("informer handler failed", { key: change.key, error });
    }
  }

  #ensureIndex(valuesOf: IndexFunction<P>): InformerIndex<P> {
    const known = this.#indexes.get(valuesOf);
    if (known !== undefined) return known;
    const index = createIndex(valuesOf);
    for (const [key, entry] of this.#entries) index.add(key, entry.item);
    this.#indexes.set(valuesOf, index);
    return index;
  }

  #file(key: string, item: P): void {
    for (const index of this.#indexes.values()) index.add(key, item);
    if (this.#namespaces !== undefined) fileUnderNamespace(this.#namespaces, key);
  }

  #unfile(key: string, item: P): void {
    for (const index of this.#indexes.values()) index.remove(key, item);
    if (this.#namespaces === undefined) return;
    const namespace = namespaceOf(key);
    const keys = namespace === undefined ? undefined : this.#namespaces.get(namespace);
    if (namespace === undefined || keys === undefined) return;
    keys.delete(key);
    if (keys.size === 0) this.#namespaces.delete(namespace);
  }

  #keysIn(namespace: string): Iterable<string> {
    if (this.#namespaces === undefined) {
      this.#namespaces = new Map();
      for (const key of this.#entries.keys()) fileUnderNamespace(this.#namespaces, key);
    }
    return this.#namespaces.get(namespace) ?? [];
  }

  #all(): P[] {
    return Array.from(this.#entries.values(), (entry) => entry.item);
  }

  #items(keys: Iterable<string>): P[] {
    return Array.from(keys, (key) => this.#entries.get(key)!.item);
  }
}

function fileUnderNamespace(namespaces: Map<string, Set<string>>, key: string): void {
  const namespace = namespaceOf(key);
  if (namespace === undefined) return;
  const keys = namespaces.get(namespace);
  if (keys === undefined) namespaces.set(namespace, new Set([key]));
  else keys.add(key);
}

function namespaceOf(key: string): string | undefined {
  const slash = key.indexOf("/");
  return slash < 0 ? undefined : key.slice(0, slash);
}
