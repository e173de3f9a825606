import type { ApiObject } from "../../api/meta.ts";

/**
 * The seam between the version in which a resource is stored and a version in which it is served. It stands at one place
 * only, in the storage and the watch cache of the served version: everything above sees objects of its own version.
 *
 * `fromStored` runs once for each object and served version that somebody uses (the result's bytes are kept by that
 * version's own cache), in batches when a list is read. Both keep metadata but labels and annotations, and never change
 * what they are given; an object that stays as it is comes back as the same one. They answer at once where they can; a conversion by webhook answers a promise.
 * @throws StatusError from both, when the conversion fails
 */
export interface Conversion {
  /** The version that is stored. */
  readonly storageVersion: string;
  fromStored(objects: readonly ApiObject[]): readonly ApiObject[] | Promise<readonly ApiObject[]>;
  toStored(object: ApiObject): ApiObject | Promise<ApiObject>;
}
