import type { ApiObject } from "../api/meta.ts";
import { InvariantError } from "../base/assert.ts";
import type { Logger } from "../base/log.ts";
import type { Change, Informer } from "./informer.ts";
import { createIndex, type IndexFunction, type InformerIndex } from "./informer-index.ts";
import type { Column, InformerRows } from "./informer-rows.ts";

type Handler<P> = (change: Change<P>) => void;

/**
 * The items of one informer, a column of its collection's rows, with their indexes and subscribers. Handlers run at once, in
 * order of subscription; one that throws is logged and does not keep the others from hearing.
 */
export class InformerCache<P> {
  readonly synced: Promise<void>;
  readonly #log: Logger;
  readonly #rows: Pick<InformerRows<ApiObject>, "item" | "items" | "each" | "keys" | "entries">;
  readonly #column: number;
  readonly #told: Column<ApiObject>;
  /** Made when somebody asks for a namespace's items. */
  #namespaces: Map<string, Set<string>> | undefined;
  readonly #indexes: InformerIndex<P>[] = [];
  /** Replaced, never changed: a change is told to those who were there when it came. */
  #handlers: readonly { handle: Handler<P> }[] = [];
  #hasSynced = false;
  #resolveSynced: () => void = () => {};

  constructor(options: { log: Logger; rows: InformerRows<ApiObject>; project: (object: never, before?: P) => P }) {
    const { log, rows, project } = options;
    this.#log = log;
    this.#rows = rows;
    this.synced = new Promise((resolve) => {
      this.#resolveSynced = resolve;
    });
    this.#told = {
      project: project as (object: ApiObject, before: unknown) => P,
      file: undefined,
      tell: undefined,
      synced: () => {
        this.#hasSynced = true;
        this.#resolveSynced();
      },
    };
    this.#column = rows.add(this.#told);
  }

  /** How components see the cache; each view names its own indexes. */
  view(indexes: Readonly<Record<string, IndexFunction<P>>> = {}): Informer<P> {
    for (const valuesOf of Object.values(indexes)) this.#ensureIndex(valuesOf);
    return {
      synced: this.synced,
      hasSynced: () => this.#hasSynced,
      get: (key) => this.#item(key),
      list: (namespace) =>
        namespace === undefined ? (this.#rows.items(this.#column) as P[]) : this.#items(this.#keysIn(namespace)),
      each: (namespace) =>
        namespace === undefined ? (this.#rows.each(this.#column) as Iterable<P>) : this.#each(this.#keysIn(namespace)),
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
    for (const [key, after] of this.#entries()) this.#call(subscription.handle, { key, after });
    this.#handlers = [...this.#handlers, subscription];
    this.#told.tell = this.#tell as (change: Change<unknown>) => void;
    return () => {
      this.#handlers = this.#handlers.filter((other) => other !== subscription);
    };
  }

  readonly #tell = (change: Change<P>): void => {
    for (const { handle } of this.#handlers) this.#call(handle, change);
  };

  #call(handle: Handler<P>, change: Change<P>): void {
    try {
      handle(change);
    } catch (error) {
      this.#log.error("informer handler failed", { key: change.key, error });
    }
  }

  #ensureIndex(valuesOf: IndexFunction<P>): InformerIndex<P> {
    const known = this.#indexes.find((index) => index.valuesOf === valuesOf);
    if (known !== undefined) return known;
    const index = createIndex(valuesOf);
    for (const [key, item] of this.#entries()) index.add(key, item);
    this.#indexes.push(index);
    this.#told.file = this.#file as Column<ApiObject>["file"];
    return index;
  }

  readonly #file = (key: string, before: P | undefined, after: P | undefined): void => {
    for (const index of this.#indexes) {
      if (before === undefined) index.add(key, after!);
      else if (after === undefined) index.remove(key, before);
      else index.change(key, before, after);
    }
    if (this.#namespaces === undefined) return;
    if (before === undefined) fileUnderNamespace(this.#namespaces, key);
    else if (after === undefined) unfileFromNamespace(this.#namespaces, key);
  };

  #keysIn(namespace: string): Iterable<string> {
    if (this.#namespaces === undefined) {
      this.#namespaces = new Map();
      for (const key of this.#rows.keys()) fileUnderNamespace(this.#namespaces, key);
      this.#told.file = this.#file as Column<ApiObject>["file"];
    }
    return this.#namespaces.get(namespace) ?? [];
  }

  #item(key: string): P | undefined {
    return this.#rows.item(key, this.#column) as P | undefined;
  }

  #items(keys: Iterable<string>): P[] {
    const found: P[] = [];
    for (const key of keys) found.push(this.#item(key)!);
    return found;
  }

  *#each(keys: Iterable<string>): Generator<P, void, undefined> {
    for (const key of keys) yield this.#item(key)!;
  }

  #entries(): Iterable<[string, P]> {
    return this.#rows.entries(this.#column) as Iterable<[string, P]>;
  }
}

function fileUnderNamespace(namespaces: Map<string, Set<string>>, key: string): void {
  const namespace = namespaceOf(key);
  if (namespace === undefined) return;
  const keys = namespaces.get(namespace);
  if (keys === undefined) namespaces.set(namespace, new Set([key]));
  else keys.add(key);
}

function unfileFromNamespace(namespaces: Map<string, Set<string>>, key: string): void {
  const namespace = namespaceOf(key);
  const keys = namespace === undefined ? undefined : namespaces.get(namespace);
  if (namespace === undefined || keys === undefined) return;
  keys.delete(key);
  if (keys.size === 0) namespaces.delete(namespace);
}

function namespaceOf(key: string): string | undefined {
  const slash = key.indexOf("/");
  return slash < 0 ? undefined : key.slice(0, slash);
}
