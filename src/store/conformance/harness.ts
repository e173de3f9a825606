import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Store, StoredValue, StoreEvent, WatchBatch } from "../store.ts";

/** An empty store under test. */
export interface StoreHarness {
  store: Store;
  /** Lets time pass for the store, and what falls due happen. */
  passSeconds(seconds: number): Promise<void>;
  /** Closes the store and opens its data again; absent when the engine keeps nothing. */
  reopen?(): Promise<Store>;
  /** Frees everything, the data too. */
  dispose(): Promise<void>;
}

export type OpenStore = () => Promise<StoreHarness>;

/** A test with a fresh store. */
export function storeCase(
  name: string,
  open: OpenStore,
  run: (harness: StoreHarness, context: TestContext) => Promise<void>,
): void {
  test(name, { timeout: 60_000 }, async (context) => {
    const harness = await open();
    try {
      await run(harness, context);
    } finally {
      await harness.dispose();
    }
  });
}

export const bytes = (text: string): Buffer => Buffer.from(text);

/** Keys and values of an answer as text. */
export function texts(items: readonly StoredValue[]): [string, string][] {
  return items.map((item) => [item.key, item.value.toString()]);
}

/** An event as one line: `put /a=new<old @5`. */
export function lineOf(event: StoreEvent): string {
  const previous = event.previous === undefined ? "" : `<${event.previous.value.toString()}`;
  return `${event.type} ${event.key}=${event.value.toString()}${previous} @${event.revision}`;
}

/** Reads a watch until it says that it has given everything up to `revision`, and checks the order on the way. */
export async function eventsUntil(
  store: Store,
  iterator: AsyncIterator<WatchBatch>,
  revision: number,
): Promise<StoreEvent[]> {
  const events: StoreEvent[] = [];
  let seen = 0;
  while (seen < revision) {
    const next = iterator.next();
    store.revision();
    const result = await next;
    assert.ok(!result.done, `the watch ended at revision ${seen}, before ${revision}`);
    assert.ok(result.value.revision >= seen, "a batch goes back in revision");
    for (const event of result.value.events) {
      assert.ok(event.revision > (events.at(-1)?.revision ?? 0), "events come once and in order of revision");
      assert.ok(event.revision > seen && event.revision <= result.value.revision, "a batch covers its events");
      events.push(event);
    }
    seen = result.value.revision;
  }
  return events;
}

/** Starts a watch below a prefix. */
export function watchFrom(
  store: Store,
  afterRevision: number,
  options: { prefix?: string; signal?: AbortSignal } = {},
): AsyncIterator<WatchBatch> {
  const request = { prefix: options.prefix ?? "/", afterRevision };
  const signal = options.signal;
  return store.watch(signal === undefined ? request : { ...request, signal })[Symbol.asyncIterator]();
}

/** The store's revision after creating keys with their own name as value. */
export async function createAll(store: Store, keys: readonly string[]): Promise<number> {
  let revision = store.revision();
  for (const key of keys) revision = (await store.create(key, bytes(`value of ${key}`))).revision;
  return revision;
}
