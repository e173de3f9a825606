import type { ApiObject } from "../../api/meta.ts";
import type { Store } from "../../store/store.ts";
import type { WatchCache } from "../cache/watch-cache.ts";
import { noteCause } from "./causes.ts";
import { encode, objectOf, remember, stamp } from "./codec.ts";
import { storageKey } from "./storage-prefix.ts";

/** An object as it is stored: parsed for us, bytes for clients. */
export interface Stored<T extends ApiObject = ApiObject> {
  readonly object: T;
  readonly bytes: Buffer;
  readonly revision: number;
}

/** Objects of one resource in the store, read through the cache. Shared by all versions that serve the resource. */
export class ResourceStorage {
  readonly prefix: string;
  readonly cache: WatchCache;
  readonly #store: Store;
  readonly #timeToLiveSeconds: number | undefined;

  constructor(options: { store: Store; cache: WatchCache; timeToLiveSeconds?: number | undefined }) {
    this.prefix = options.cache.prefix;
    this.cache = options.cache;
    this.#store = options.store;
    this.#timeToLiveSeconds = options.timeToLiveSeconds;
  }

  key(namespace: string, name: string): string {
    return storageKey(this.prefix, namespace, name);
  }

  /** The object as of now. */
  async get(namespace: string, name: string): Promise<Stored | undefined> {
    await this.cache.fresh();
    return this.cached(namespace, name);
  }

  /** The object as last seen: good enough where the write checks the revision. */
  cached(namespace: string, name: string): Stored | undefined {
    const entry = this.cache.get(this.key(namespace, name));
    return entry === undefined
      ? undefined
      : { object: objectOf(entry.bytes), bytes: entry.bytes, revision: entry.revision };
  }

  /** The object straight from the store, after a write found another revision than the cache had. */
  async latest(namespace: string, name: string): Promise<Stored | undefined> {
    const value = await this.#store.get(this.key(namespace, name));
    if (value === undefined) return undefined;
    const bytes = stamp(value.value, value.revision);
    return { object: objectOf(bytes), bytes, revision: value.revision };
  }

  /** @throws KeyExistsError */
  async create(object: ApiObject): Promise<Stored> {
    const bytes = encode(object);
    noteCause(bytes);
    const { revision } = await this.#store.create(this.#keyOf(object), bytes, {
      timeToLiveSeconds: this.#timeToLiveSeconds,
    });
    return written(object, bytes, revision);
  }

  /** @throws RevisionMismatchError */
  async update(object: ApiObject, expectedRevision: number): Promise<Stored> {
    const bytes = encode(object);
    noteCause(bytes);
    const key = this.#keyOf(object);
    const { revision } = await this.#store.update(key, bytes, expectedRevision, {
      timeToLiveSeconds: this.#timeToLiveSeconds,
    });
    return written(object, bytes, revision);
  }

  /** Answers the revision of the removal. @throws RevisionMismatchError */
  async delete(stored: Stored): Promise<number> {
    noteCause(stored.bytes);
    return (await this.#store.delete(this.#keyOf(stored.object), stored.revision)).revision;
  }

  #keyOf(object: ApiObject): string {
    return this.key(object.metadata?.namespace ?? "", object.metadata?.name ?? "");
  }
}

function written(object: ApiObject, bytes: Buffer, revision: number): Stored {
  stamp(bytes, revision);
  const parsed = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
  remember(bytes, parsed);
  return { object: parsed, bytes, revision };
}
