import type { ApiObject } from "../../api/meta.ts";
import type { ServedResource } from "./resource.ts";
import type { WriteContext } from "./strategy.ts";

export type ManagedOperation = "Update" | "Apply";

export interface TrackedWrite {
  readonly draft: ApiObject;
  readonly old?: ApiObject;
  readonly context: WriteContext;
  readonly subresource?: string;
  readonly operation: ManagedOperation;
}

/** Notes in metadata.managedFields who wrote which fields (server-side apply, KEP-555). */
export function trackWrite(_resource: ServedResource, _write: TrackedWrite): void {}

export function applied(
  _resource: ServedResource,
  _apply: {
    current: ApiObject | undefined;
    wanted: ApiObject;
    context: WriteContext;
    force: boolean;
    subresource: string;
  },
): ApiObject {
  throw new Error("apply");
}
