import type { ApiObject, ResourceReference } from "../api/meta.ts";

/**
 * How parts of the API server (authorization, admission, strategies) read objects: from the watch cache, consistently,
 * without a request of their own. Objects are shared and never changed.
 */
export interface ObjectReader {
  /** The object as of now (every write acknowledged before the call is seen), at once when that is what the cache holds. */
  get<T extends ApiObject>(
    resource: ResourceReference<T>,
    namespace: string | undefined,
    name: string,
  ): T | undefined | Promise<T | undefined>;
  /** Its labels alone, of an object that is there: the rest of it is not parsed. */
  labels(
    resource: ResourceReference<ApiObject>,
    namespace: string | undefined,
    name: string,
  ): Labels | undefined | Promise<Labels | undefined>;
  /** The same of all objects, or of those of a namespace. */
  list<T extends ApiObject>(resource: ResourceReference<T>, namespace?: string): T[] | Promise<T[]>;
  /**
   * Calls back for every object that is there, then for every later change, in order, until the returned function is called.
   * Resolves when what was there has been given: projections (RBAC rules, node graph) are complete from then on.
   */
  follow<T extends ApiObject>(
    resource: ResourceReference<T>,
    handler: (change: ObjectChange<T>) => void,
  ): Promise<() => void>;
}

export type Labels = Readonly<Record<string, string>>;

export interface ObjectChange<T extends ApiObject> {
  readonly before?: T | undefined;
  readonly after?: T | undefined;
}
