import { errorMessage } from "../../base/assert.ts";
import {
  RevisionMismatchError,
  type Store,
  type StoredValue,
  type StoreEvent,
  type WatchBatch,
} from "../../store/store.ts";
import type { Encryption } from "./encryption.ts";

/**
 * A store whose values are encrypted on their way to the engine and decrypted on their way back; above it nobody sees
 * anything but plain bytes, below it no engine sees any of what is to be encrypted.
 *
 * Callers count on getting the same buffer for the same value (they note causes and parsed forms by it): while somebody
 * still holds the plain bytes of a stored buffer, they are answered again.
 */
export function encryptedStore(store: Store, encryption: Encryption): Store {
  const plainOf = new WeakMap<Buffer, WeakRef<Buffer>>();
  const identityOf = new WeakMap<Buffer, string>();

  function remember(stored: Buffer, plain: Buffer, identity: string): Buffer {
    if (stored !== plain) plainOf.set(stored, new WeakRef(plain));
    // Most values are plain and are meant to be: nothing to note about them.
    if (identity !== "identity") identityOf.set(plain, identity);
    return plain;
  }

  function seal(key: string, value: Buffer): Buffer {
    const stored = encryption.encrypt(value, key);
    remember(stored, value, encryption.writeIdentity(key));
    return stored;
  }

  function open(key: string, stored: Buffer): Buffer | Promise<Buffer> {
    const known = plainOf.get(stored)?.deref();
    if (known !== undefined) return known;
    const answer = encryption.decrypt(stored, key);
    return answer instanceof Promise
      ? answer.then(({ value, identity }) => remember(stored, value, identity))
      : remember(stored, answer.value, answer.identity);
  }

  async function openValue(stored: StoredValue): Promise<StoredValue> {
    const answer = open(stored.key, stored.value);
    return { ...stored, value: answer instanceof Promise ? await answer : answer };
  }

  /** Values that cannot be read are passed on as such: what can be read must not wait for them. */
  async function openOrMark(stored: StoredValue): Promise<StoredValue> {
    try {
      return await openValue(stored);
    } catch (error) {
      return { ...stored, value: NOTHING, unreadable: errorMessage(error) };
    }
  }

  async function openEvent(event: StoreEvent): Promise<StoreEvent> {
    const { key, revision, value } = event;
    const opened = await openOrMark({ key, revision, value });
    const previous = event.previous === undefined ? undefined : await openOrMark(event.previous);
    return { ...event, ...opened, previous: previous?.unreadable === undefined ? previous : undefined };
  }

  /** Most values are, and pass without a further look. */
  const isPlain = ({ key, value }: { key: string; value: Buffer }): boolean =>
    value[0] === OPENING_BRACE && encryption.readsPlain(key);

  async function* watch(batches: AsyncIterable<WatchBatch>): AsyncGenerator<WatchBatch, void, undefined> {
    for await (const batch of batches) {
      const allPlain = batch.events.every(
        (each) => isPlain(each) && (each.previous === undefined || isPlain(each.previous)),
      );
      if (allPlain) {
        yield batch;
        continue;
      }
      const events: StoreEvent[] = [];
      for (const event of batch.events) events.push(await openEvent(event));
      yield { ...batch, events };
    }
  }

  /** A refusal that shows what is there shows it readable. */
  async function refused(error: unknown): Promise<never> {
    if (error instanceof RevisionMismatchError && error.current !== undefined) {
      Object.assign(error, { current: await openOrMark(error.current) });
    }
    throw error;
  }

  return {
    revision: () => store.revision(),
    currentRevision: () => store.currentRevision(),
    compactedRevision: () => store.compactedRevision(),
    compact: (revision) => store.compact(revision),
    close: () => store.close(),
    async get(key, options) {
      const stored = await store.get(key, options);
      return stored === undefined || isPlain(stored) ? stored : openValue(stored);
    },
    async list(request) {
      const result = await store.list(request);
      if (result.items.every(isPlain)) return result;
      const items: StoredValue[] = [];
      for (const item of result.items) items.push(isPlain(item) ? item : await openOrMark(item));
      return { ...result, items };
    },
    create: async (key, value, options) => await store.create(key, seal(key, value), options),
    async update(key, value, expectedRevision, options) {
      return store.update(key, seal(key, value), expectedRevision, options).catch(refused);
    },
    delete: (key, expectedRevision) => store.delete(key, expectedRevision).catch(refused),
    watch: (request) => watch(store.watch(request)),
    isStale: (key, value) => (identityOf.get(value) ?? "identity") !== encryption.writeIdentity(key),
  };
}

const OPENING_BRACE = 0x7b;
const NOTHING = Buffer.alloc(0);
