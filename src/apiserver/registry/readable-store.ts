import type { ApiObject } from "../../api/meta.ts";
import { decodeStoredObject } from "../../api/protobuf/decode.ts";
import { errorMessage } from "../../base/assert.ts";
import { parseForeignJson } from "../../base/exact-json.ts";
import {
  RevisionMismatchError,
  type Store,
  type StoredValue,
  type StoreEvent,
  type WatchBatch,
} from "../../store/store.ts";
import { encode } from "./codec.ts";
import { isOtherVersion, storedForm } from "./stored-form.ts";

const OPENING_BRACE = 0x7b;
const NOTHING = Buffer.alloc(0);

/**
 * A store in which another API server may have written as well: upstream's keeps built-in kinds in protobuf, some in
 * another version. Above this they are as everything that is written here; what cannot be read is marked as unreadable.
 */
export function readableStore(store: Store): Store {
  return {
    revision: () => store.revision(),
    currentRevision: () => store.currentRevision(),
    compactedRevision: () => store.compactedRevision(),
    compact: (revision) => store.compact(revision),
    close: () => store.close(),
    create: (key, value, options) => store.create(key, value, options),
    update: (key, value, expectedRevision, options) =>
      store.update(key, value, expectedRevision, options).catch(refused),
    delete: (key, expectedRevision) => store.delete(key, expectedRevision).catch(refused),
    async get(key, options) {
      const stored = await store.get(key, options);
      if (stored === undefined || isReadable(stored)) return stored;
      return { ...stored, value: toJson(stored.key, stored.value) };
    },
    async list(request) {
      const result = await store.list(request);
      return result.items.every(isReadable) ? result : { ...result, items: result.items.map(readable) };
    },
    watch: (request) => watch(store.watch(request)),
    ...(store.isStale === undefined ? {} : { isStale: (key, value) => store.isStale!(key, value) }),
  };
}

async function* watch(batches: AsyncIterable<WatchBatch>): AsyncGenerator<WatchBatch, void, undefined> {
  for await (const batch of batches) {
    const areReadable = batch.events.every(
      (event) => isReadable(event) && (event.previous === undefined || isReadable(event.previous)),
    );
    yield areReadable ? batch : { ...batch, events: batch.events.map(readableEvent) };
  }
}

function readableEvent(event: StoreEvent): StoreEvent {
  const previous = event.previous === undefined ? undefined : readable(event.previous);
  return { ...readable(event), previous: previous?.unreadable === undefined ? previous : undefined };
}

/** A refusal that shows what is there shows it readable. */
function refused(error: unknown): never {
  if (error instanceof RevisionMismatchError && error.current !== undefined) {
    Object.assign(error, { current: readable(error.current) });
  }
  throw error;
}

/** As it is written here, or marked already. */
function isReadable({ key, value, unreadable }: Pick<StoredValue, "key" | "value" | "unreadable">): boolean {
  return unreadable !== undefined || (value[0] === OPENING_BRACE && !isOtherVersion(key, value));
}

function readable<T extends StoredValue>(stored: T): T {
  if (isReadable(stored)) return stored;
  try {
    return { ...stored, value: toJson(stored.key, stored.value) };
  } catch (error) {
    return { ...stored, value: NOTHING, unreadable: errorMessage(error) };
  }
}

function toJson(key: string, value: Buffer): Buffer {
  try {
    const isJson = value[0] === OPENING_BRACE;
    return encode(
      storedForm(isJson ? (parseForeignJson(value.toString()) as ApiObject) : decodeStoredObject(value).object),
    );
  } catch (error) {
    throw new Error(`what is stored under ${key} is not an object that can be read: ${errorMessage(error)}`);
  }
}
