import { type ApiObject, keyOf } from "../api/meta.ts";
import type { Informer } from "../client/informer.ts";

/**
 * Objects as a controller knows them best: as its informer shows them, or as it wrote them itself while the informer is behind
 * that. Deciding on what an object was before one's own last word makes a second pod for what is counted already.
 */
export interface OwnWrites<T extends ApiObject> {
  get(key: string): T | undefined;
  /** Notes an object as the API server answered a write of it. Answers the same. */
  wrote(object: T): T;
}

export function createOwnWrites<T extends ApiObject>(informer: Informer<T>): OwnWrites<T> {
  const ahead = new Map<string, T>();
  informer.subscribe(({ key, after }) => {
    const written = ahead.get(key);
    if (written !== undefined && !isLater(written, after)) ahead.delete(key);
  });
  return {
    get: (key) => ahead.get(key) ?? informer.get(key),
    wrote(object) {
      const key = keyOf(object);
      if (isLater(object, ahead.get(key) ?? informer.get(key))) ahead.set(key, object);
      return object;
    },
  };
}

/** Whether a write came after what is known. One that is gone, or has another in its place, has had its last write. */
function isLater(written: ApiObject, known: ApiObject | undefined): boolean {
  if (known?.metadata?.uid !== written.metadata?.uid) return false;
  return Number(written.metadata?.resourceVersion) > Number(known?.metadata?.resourceVersion);
}
