import { type ApiObject, parseApiVersion } from "../../api/meta.ts";
import { type Store, ValueTooLargeError } from "../../store/store.ts";
import type { CacheEntry } from "../cache/entry.ts";
import type { EntryReader } from "../cache/entry-reader.ts";
import type { WatchCache } from "../cache/watch-cache.ts";
import { noteCause, originOf } from "./causes.ts";
import { apiVersionIn, type Content, encode, exactObjectOf, rememberUnstamped, stamp } from "./codec.ts";
import type { Conversion } from "./conversion.ts";
import type { PreparedContent } from "./like-content.ts";
import { entryReader } from "./shown.ts";
import { storageKey } from "./storage-prefix.ts";

/** An object as the served version shows it: parsed for us, bytes for clients. */
export interface Stored<T extends ApiObject = ApiObject> {
  readonly object: T;
  readonly bytes: Buffer;
  readonly revision: number;
}

/** What etcd takes (--max-request-bytes): an object that is larger could not move to another store. */
const OBJECT_BYTES_MAX = 1.5 * 1024 * 1024;

/** @throws ValueTooLargeError */
function checkedSize(bytes: Buffer): Buffer {
  if (bytes.length <= OBJECT_BYTES_MAX) return bytes;
  throw new ValueTooLargeError(
    `etcdserver: request is too large: the object has ${bytes.length} bytes, the limit is ${OBJECT_BYTES_MAX}`,
  );
}

/** Objects of one resource in the store, in one served version, read through that version's cache. */
export class ResourceStorage {
  readonly prefix: string;
  readonly cache: WatchCache;
  readonly #store: Store;
  readonly #timeToLiveSeconds: number | undefined;
  /** Absent where objects are stored as they are served. */
  readonly conversion: Conversion | undefined;
  readonly #reader: EntryReader | undefined;

  constructor(options: {
    store: Store;
    /** Reads with the same conversion. */
    cache: WatchCache;
    timeToLiveSeconds?: number | undefined;
    /** Absent where objects are stored as they are served. */
    conversion?: Conversion | undefined;
  }) {
    this.prefix = options.cache.prefix;
    this.cache = options.cache;
    this.#store = options.store;
    this.#timeToLiveSeconds = options.timeToLiveSeconds;
    this.conversion = options.conversion;
    this.#reader = options.conversion === undefined ? undefined : entryReader(options.conversion);
  }

  key(namespace: string, name: string): string {
    return storageKey(this.prefix, namespace, name);
  }

  /** The object as of now, at once when the cache holds all that is durable. */
  get(namespace: string, name: string): Stored | undefined | Promise<Stored | undefined> {
    const fresh = this.cache.fresh();
    return fresh instanceof Promise ? fresh.then(() => this.cached(namespace, name)) : this.cached(namespace, name);
  }

  /** The same as bytes, for who only hands them on: nothing is parsed. */
  entry(namespace: string, name: string): CacheEntry | undefined | Promise<CacheEntry | undefined> {
    const key = this.key(namespace, name);
    const fresh = this.cache.fresh();
    return fresh instanceof Promise ? fresh.then(() => this.cache.get(key)) : this.cache.get(key);
  }

  /** The object as last seen: good enough where the write checks the revision. */
  cached(namespace: string, name: string): Stored | undefined {
    const entry = this.cache.get(this.key(namespace, name));
    return entry === undefined
      ? undefined
      : { object: exactObjectOf(entry.bytes), bytes: entry.bytes, revision: entry.revision };
  }

  /** The object straight from the store, after a write found another revision than the cache had. */
  async latest(namespace: string, name: string): Promise<Stored | undefined> {
    const value = await this.#store.get(this.key(namespace, name));
    if (value === undefined) return undefined;
    return this.#shown(stamp(value.value, value.revision), value.revision);
  }

  /** False when what is stored is of another version, or under another key, than would be written now: then also a write that changes nothing counts. */
  isStoredAsWritten(stored: Stored): boolean {
    if (this.#store.isStale?.(this.#keyOf(stored.object), originOf(stored.bytes)) === true) return false;
    if (this.conversion === undefined) return true;
    const apiVersion = apiVersionIn(originOf(stored.bytes)) ?? "";
    return parseApiVersion(apiVersion).version === this.conversion.storageVersion;
  }

  /**
   * @param content of the object, where somebody has it already
   * @throws KeyExistsError, ValueTooLargeError
   */
  async create(object: ApiObject, content?: Content | PreparedContent): Promise<Stored> {
    const stored = this.conversion === undefined ? object : await this.conversion.toStored(object);
    const bytes = checkedSize(encode(stored, stored === object ? content : undefined));
    const written = this.#noted(stored, bytes);
    const { revision } = await this.#store.create(this.#keyOf(object), bytes, {
      timeToLiveSeconds: this.#timeToLiveSeconds,
    });
    return this.#written(written, bytes, revision);
  }

  /** @throws RevisionMismatchError, ValueTooLargeError */
  async update(object: ApiObject, expectedRevision: number): Promise<Stored> {
    const stored = this.conversion === undefined ? object : await this.conversion.toStored(object);
    const bytes = checkedSize(encode(stored));
    const written = this.#noted(stored, bytes);
    const key = this.#keyOf(object);
    const { revision } = await this.#store.update(key, bytes, expectedRevision, {
      timeToLiveSeconds: this.#timeToLiveSeconds,
    });
    return this.#written(written, bytes, revision);
  }

  /** Answers the revision of the removal. @throws RevisionMismatchError */
  async delete(stored: Stored): Promise<number> {
    noteCause(stored.bytes);
    return (await this.#store.delete(this.#keyOf(stored.object), stored.revision)).revision;
  }

  #keyOf(object: ApiObject): string {
    return this.key(object.metadata?.namespace ?? "", object.metadata?.name ?? "");
  }

  /** What is known of bytes that go to the store now. */
  #noted(object: ApiObject, bytes: Buffer): ApiObject {
    noteCause(bytes);
    return rememberUnstamped(bytes, object);
  }

  #written(object: ApiObject, bytes: Buffer, revision: number): Stored | Promise<Stored> {
    stamp(bytes, revision);
    if (this.#reader !== undefined) return this.#shown(bytes, revision);
    (object.metadata ??= {}).resourceVersion = String(revision);
    return { object, bytes, revision };
  }

  /** @param stored stamped */
  async #shown(stored: Buffer, revision: number): Promise<Stored> {
    const bytes = this.#reader === undefined ? stored : (await this.#reader([{ value: stored, revision }]))[0]!;
    return { object: exactObjectOf(bytes), bytes, revision };
  }
}
