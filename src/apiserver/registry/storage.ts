import { type ApiObject, parseApiVersion } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import { type Store, ValueTooLargeError } from "../../store/store.ts";
import { type CacheEntry, entryOf } from "../cache/entry.ts";
import type { EntryReader } from "../cache/entry-reader.ts";
import type { WatchCache } from "../cache/watch-cache.ts";
import { noteCause, originOf } from "./causes.ts";
import { apiVersionIn, type Content, encode, exactObjectOf, rememberUnstamped, stamp } from "./codec.ts";
import type { Conversion } from "./conversion.ts";
import type { PreparedContent } from "./like-content.ts";
import { entryReader } from "./shown.ts";
import { storageKey } from "./storage-prefix.ts";
import { Turns } from "./turns.ts";

/** An object as the served version shows it: parsed for us, bytes for clients. */
export interface Stored<T extends ApiObject = ApiObject> {
  readonly object: T;
  readonly bytes: Buffer;
  readonly revision: number;
}

/** So long nobody who asks for one object has all of them converted again, after that did not go. */
const BROKEN_MS = 1000;

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
  /** Of those who write an object anew, by key. */
  readonly turns = new Turns();
  readonly #store: Store;
  readonly #timeToLiveSeconds: number | undefined;
  /** Absent where objects are stored as they are served. */
  readonly conversion: Conversion | undefined;
  readonly #reader: EntryReader | undefined;
  #brokenUntil = 0;

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
    const isReadable = this.#isCacheReadable();
    if (isReadable === true) return this.cached(namespace, name);
    return isReadable.then((is) => (is ? this.cached(namespace, name) : this.latest(namespace, name)));
  }

  /** The same as bytes, for who only hands them on: nothing is parsed. */
  entry(namespace: string, name: string): CacheEntry | undefined | Promise<CacheEntry | undefined> {
    const key = this.key(namespace, name);
    const isReadable = this.#isCacheReadable();
    if (isReadable === true) return this.cache.get(key);
    return isReadable.then(async (is) => {
      if (is) return this.cache.get(key);
      const stored = await this.latest(namespace, name);
      return stored && entryOf({ key, revision: stored.revision }, stored.bytes);
    });
  }

  /** Not while some object cannot be converted, which is no reason to refuse the others to who asks for one of them. */
  #isCacheReadable(): true | Promise<boolean> {
    if (this.#brokenUntil > 0 && this.cache.clock.monotonic() < this.#brokenUntil) return Promise.resolve(false);
    const fresh = this.cache.fresh();
    if (!(fresh instanceof Promise)) return true;
    return fresh.then(
      () => true,
      (error) => this.#noteBroken(error),
    );
  }

  /**
   * The present's revision, for who reads from the store what the cache cannot show.
   * @throws the error itself, when that is not because some object cannot be converted
   */
  async revisionDespite(error: unknown): Promise<number> {
    this.#noteBroken(error);
    return this.#store.currentRevision();
  }

  #noteBroken(error: unknown): false {
    if (this.conversion === undefined || !(error instanceof StatusError)) throw error;
    this.#brokenUntil = this.cache.clock.monotonic() + BROKEN_MS;
    return false;
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
