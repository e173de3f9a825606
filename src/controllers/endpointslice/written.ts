import type { ApiObject } from "../../api/meta.ts";

/**
 * What a controller has written and its informer may not have seen yet. Deciding on older objects than one's own writes
 * would write them again, or create twice what was created a moment ago.
 */
export class WrittenObjects {
  readonly #byOwner = new Map<string, Map<string, string>>();

  /** Notes an object as the API server answered it. */
  noteWrite(owner: string, object: ApiObject): void {
    const { name, resourceVersion } = object.metadata ?? {};
    if (name === undefined || resourceVersion === undefined) return;
    let objects = this.#byOwner.get(owner);
    if (objects === undefined) {
      objects = new Map();
      this.#byOwner.set(owner, objects);
    }
    objects.set(name, resourceVersion);
  }

  noteRemoval(owner: string, name: string): void {
    this.#byOwner.get(owner)?.delete(name);
  }

  /** Drops what is known of an owner that is gone. */
  forget(owner: string): void {
    this.#byOwner.delete(owner);
  }

  /** True when the object is as it was last written here. */
  isAsWritten(owner: string, object: ApiObject): boolean {
    const written = this.#byOwner.get(owner)?.get(object.metadata?.name ?? "");
    return written !== undefined && written === object.metadata?.resourceVersion;
  }

  /** True when one of the owner's objects is older in the cache than its last write. */
  isBehind(owner: string, cached: (name: string) => ApiObject | undefined): boolean {
    for (const [name, written] of this.#byOwner.get(owner) ?? []) {
      const seen = cached(name)?.metadata?.resourceVersion;
      if (seen === undefined || Number(seen) < Number(written)) return true;
    }
    return false;
  }
}
