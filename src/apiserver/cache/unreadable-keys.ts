import { internalError } from "../../api/status.ts";
import type { Clock } from "../../base/clock.ts";
import type { Store, StoredValue, StoreEvent } from "../../store/store.ts";

/** So often at most it is asked again whether they can be read: a key service may be back. */
const RETRY_MS = 1000;
/** So many of them are asked about at a time. */
const RETRY_KEYS = 10;
const NAMED_KEYS = 10;

/** What is in the store under one prefix and cannot be read (its key is lost, or its service away), and why. */
export class UnreadableKeys {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #reasons = new Map<string, string>();
  #retryAt = 0;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  get size(): number {
    return this.#reasons.size;
  }

  keys(): IterableIterator<string> {
    return this.#reasons.keys();
  }

  take(items: readonly StoredValue[]): void {
    for (const { key, unreadable } of items) if (unreadable !== undefined) this.#reasons.set(key, unreadable);
  }

  /** Notes what a change means here; true when it put something that cannot be read. */
  follow({ type, key, unreadable }: StoreEvent): boolean {
    if (type === "put" && unreadable !== undefined) this.#reasons.set(key, unreadable);
    else if (this.#reasons.size > 0) this.#reasons.delete(key);
    return type === "put" && unreadable !== undefined;
  }

  clear(): void {
    this.#reasons.clear();
  }

  /** @throws StatusError InternalError when this key is one of them */
  refuse(key: string): void {
    const reason = this.#reasons.get(key);
    if (reason !== undefined) throw internalError(reason);
  }

  /** @throws StatusError InternalError that names those below the prefix */
  refuseBelow(prefix: string): void {
    refuseAll([...this.#reasons].filter(([key]) => key.startsWith(prefix)).map(([, reason]) => reason));
  }

  /** Looks again at some of them, each time others. */
  async isAnyReadableNow(): Promise<boolean> {
    const now = this.#clock.monotonic();
    if (now < this.#retryAt) return false;
    this.#retryAt = now + RETRY_MS;
    for (const [key, reason] of [...this.#reasons].slice(0, RETRY_KEYS)) {
      try {
        await this.#store.get(key);
        return true;
      } catch {
        this.#reasons.delete(key);
        this.#reasons.set(key, reason);
      }
    }
    return false;
  }
}

/** @throws StatusError InternalError that names the items that cannot be read */
export function refuseUnreadable(items: readonly StoredValue[]): void {
  refuseAll(items.flatMap(({ unreadable }) => (unreadable === undefined ? [] : [unreadable])));
}

function refuseAll(reasons: readonly string[]): void {
  if (reasons.length === 0) return;
  const more = reasons.length > NAMED_KEYS ? `; and ${reasons.length - NAMED_KEYS} more` : "";
  throw internalError(`${reasons.slice(0, NAMED_KEYS).join("; ")}${more}`);
}
