import type { ApiObject } from "../../api/meta.ts";
import type { Clock } from "../../base/clock.ts";

/** An own write that the informer never shows has been undone by somebody. */
const GIVE_UP_WAITING_MS = 5_000;
const REMOVED = "";

/**
 * What a controller has written and removed, and its informer may not have seen yet. Deciding on older objects than one's own
 * writes would write them again, or create twice what was created a moment ago.
 */
export class WrittenObjects {
  readonly #byOwner = new Map<string, Map<string, string>>();
  /** Owners whose objects the informer has yet to show as written, and since when. */
  readonly #waiting = new Map<string, number>();

  /** Notes an object as the API server answered it. */
  noteWrite(owner: string, object: ApiObject): void {
    const { name, resourceVersion } = object.metadata ?? {};
    if (name !== undefined && resourceVersion !== undefined) this.#note(owner, name, resourceVersion);
  }

  /** Notes an object that is about to be removed. */
  noteRemoval(owner: string, name: string): void {
    this.#note(owner, name, REMOVED);
  }

  /** The informer has shown that the object is gone. */
  noteGone(owner: string, name: string): void {
    this.#byOwner.get(owner)?.delete(name);
  }

  /** Drops what is known of an owner that is gone. */
  forget(owner: string): void {
    this.#byOwner.delete(owner);
    this.#waiting.delete(owner);
  }

  /** True when the object is as it was last written here. */
  isAsWritten(owner: string, object: ApiObject): boolean {
    const written = this.#byOwner.get(owner)?.get(object.metadata?.name ?? "");
    return written !== undefined && written === object.metadata?.resourceVersion;
  }

  /** True when one of the owner's objects is older in the cache than its last write. */
  isBehind(owner: string, cached: (name: string) => ApiObject | undefined): boolean {
    for (const [name, written] of this.#byOwner.get(owner) ?? []) {
      const seen = cached(name)?.metadata;
      if (written === REMOVED) {
        if (seen !== undefined && seen.deletionTimestamp === undefined) return true;
      } else if (seen?.resourceVersion === undefined || Number(seen.resourceVersion) < Number(written)) return true;
    }
    return false;
  }

  /** The same, until it has lasted so long that the cache must be taken for what it is. To be asked before every look. */
  mustWait(owner: string, cached: (name: string) => ApiObject | undefined, clock: Clock): boolean {
    const now = clock.monotonic();
    const sinceMs = this.#waiting.get(owner) ?? now;
    this.#waiting.delete(owner);
    if (!this.isBehind(owner, cached)) return false;
    if (now - sinceMs >= GIVE_UP_WAITING_MS) {
      this.forget(owner);
      return false;
    }
    this.#waiting.set(owner, sinceMs);
    return true;
  }

  /** True when the last look had to be put off. */
  isAwaited(owner: string): boolean {
    return this.#waiting.has(owner);
  }

  #note(owner: string, name: string, version: string): void {
    const objects = this.#byOwner.get(owner);
    if (objects === undefined) this.#byOwner.set(owner, new Map([[name, version]]));
    else objects.set(name, version);
  }
}
