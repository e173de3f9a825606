import type { ApiObject, ResourceReference } from "../../api/meta.ts";
import { invariant } from "../../base/assert.ts";
import { RevisionMismatchError } from "../../store/store.ts";
import type { SwapObject } from "../admission/admission.ts";
import type { ResourceTable } from "./resource-table.ts";

/** For what the server itself keeps in objects: the status of quotas. */
export function objectSwapper(table: () => ResourceTable): SwapObject {
  return async <T extends ApiObject>(reference: ResourceReference<T>, object: T) => {
    const resource = table().find(reference.group, reference.version, reference.resource);
    invariant(resource !== undefined, `${reference.resource} is served`);
    try {
      const written = await resource.storage.update(object, Number(object.metadata?.resourceVersion ?? ""));
      return written.object as T;
    } catch (error) {
      if (error instanceof RevisionMismatchError) return undefined;
      throw error;
    }
  };
}
