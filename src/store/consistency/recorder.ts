import {
  CompactedError,
  FutureRevisionError,
  KeyExistsError,
  RevisionMismatchError,
  type Store,
  type StoredValue,
  type StoreEvent,
  StoreUnavailableError,
} from "../store.ts";
import type { Action, Answer, Listing, Operation, WatchedBatch, WatchedEvent, Watching } from "./history.ts";

export interface Recording {
  readonly operations: Operation[];
  readonly listings: Listing[];
  readonly watchings: Watching[];
  /** The next place in the order of everything. */
  now(): number;
  /** Told of each operation when it begins, and again when it has its answer: a process that is to be killed writes it down. */
  readonly note: (operation: Operation) => void;
}

export function newRecording(note: Recording["note"] = () => {}): Recording {
  let time = 0;
  return { operations: [], listings: [], watchings: [], now: () => time++, note };
}

/** What a key holds, as far as a client knows. */
export interface Known {
  readonly value: string;
  readonly revision: number;
}

/** What a client knows of a key; nothing at all when it got no answer. */
export type Knowledge = Known | undefined | "unknown" | "no answer";

/** Does one operation and notes what came of it. Answers what the client knows of the key afterwards. */
export async function operate(
  store: Store,
  recording: Recording,
  ask: { client: string; key: string; action: Action; revision?: number },
): Promise<Knowledge> {
  const { client, key, action } = ask;
  const operation: Operation = { client, key, action, invokedAt: recording.now() };
  recording.operations.push(operation);
  recording.note(operation);
  const { answer, known } = await answerOf(store, ask);
  if (answer !== undefined) {
    operation.answer = { ...answer, at: recording.now() };
    recording.note(operation);
  }
  return known;
}

interface Outcome {
  readonly answer: Answer | undefined;
  readonly known: Knowledge;
}

async function answerOf(
  store: Store,
  { key, action, revision: expected = 0 }: { key: string; action: Action; revision?: number },
): Promise<Outcome> {
  try {
    if (action.type === "get") {
      const known = knownOf(await store.get(key));
      return { answer: { type: "seen", value: known?.value, revision: known?.revision }, known };
    }
    if (action.type === "delete") {
      const { revision } = await store.delete(key, expected);
      return { answer: { type: "done", revision }, known: undefined };
    }
    const value = Buffer.from(action.value);
    const { revision } =
      action.type === "create" ? await store.create(key, value) : await store.update(key, value, expected);
    return { answer: { type: "done", revision }, known: { value: action.value, revision } };
  } catch (error) {
    if (error instanceof StoreUnavailableError) return { answer: undefined, known: "no answer" };
    if (error instanceof KeyExistsError) {
      return { answer: { type: "refused", holds: { something: true } }, known: "unknown" };
    }
    if (!(error instanceof RevisionMismatchError)) throw error;
    const known = knownOf(error.current);
    return { answer: { type: "refused", holds: known?.value }, known };
  }
}

function knownOf(stored: StoredValue | undefined): Known | undefined {
  return stored === undefined ? undefined : { value: stored.value.toString(), revision: stored.revision };
}

/** Lists everything and notes it. */
export async function listAll(store: Store, recording: Recording, prefix: string): Promise<void> {
  const invokedAt = recording.now();
  try {
    const { revision, items } = await store.list({ prefix });
    const values = items.map((item): [string, Known] => [item.key, knownOf(item)!]);
    recording.listings.push({ invokedAt, revision, values: new Map(values) });
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
  }
}

/** Reads a watch until it ends, the signal aborts, or `isEnough`; notes what it gave, and answers where it came to. */
export async function watchAndNote(
  store: Store,
  recording: Recording,
  from: {
    name: string;
    prefix: string;
    afterRevision: number;
    signal?: AbortSignal;
    isEnough(batch: WatchedBatch): boolean;
  },
): Promise<number> {
  const { name, prefix, afterRevision, signal } = from;
  const batches: WatchedBatch[] = [];
  recording.watchings.push({ name, afterRevision, batches });
  try {
    for await (const batch of store.watch({ prefix, afterRevision, ...(signal === undefined ? {} : { signal }) })) {
      const noted = { revision: batch.revision, events: batch.events.map(noteOf) };
      batches.push(noted);
      if (from.isEnough(noted)) break;
    }
  } catch (error) {
    const isExpected =
      error instanceof CompactedError || error instanceof StoreUnavailableError || error instanceof FutureRevisionError;
    if (!isExpected) throw error;
    return store.revision();
  }
  return batches.at(-1)?.revision ?? afterRevision;
}

function noteOf({ type, key, revision, value, previous }: StoreEvent): WatchedEvent {
  return {
    type,
    key,
    revision,
    ...(type === "put" ? { value: value.toString() } : {}),
    previous: knownOf(previous),
  };
}
