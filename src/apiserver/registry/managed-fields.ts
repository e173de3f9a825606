import { type ApiObject, apiVersionOf, type ManagedFieldsEntry } from "../../api/meta.ts";
import {
  applyConfiguration,
  applySteps,
  type FieldManagement,
  trackSteps,
  trackUpdate,
} from "../../api/patch/apply.ts";
import type { JsonObject } from "../../api/patch/json-value.ts";
import { formatTime } from "../../base/clock.ts";
import { nextTurn } from "../../base/turn.ts";
import { otherVersions } from "./other-versions.ts";
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

/** Notes in metadata.managedFields who wrote which fields (server-side apply, KEP-555). An apply has done so already. */
export function trackWrite(resource: ServedResource, write: TrackedWrite): void {
  if (write.operation === "Apply") return;
  note(write.draft, trackUpdate(...tracked(resource, write)));
}

/** The same for what is large: others have their turns between the steps. */
export async function trackWriteInTurns(resource: ServedResource, write: TrackedWrite): Promise<void> {
  if (write.operation === "Apply") return;
  note(write.draft, await inTurns(trackSteps(...tracked(resource, write))));
}

function tracked(resource: ServedResource, { draft, old, context, subresource = "" }: TrackedWrite) {
  return [old as JsonObject | undefined, draft as JsonObject, management(resource, context, subresource)] as const;
}

function note(draft: ApiObject, entries: ManagedFieldsEntry[] | undefined): void {
  const meta = (draft.metadata ??= {});
  if (entries === undefined || entries.length === 0) delete meta.managedFields;
  else meta.managedFields = entries;
}

export interface AppliedWrite {
  readonly current: ApiObject | undefined;
  readonly wanted: ApiObject;
  readonly context: WriteContext;
  readonly force: boolean;
  readonly subresource: string;
  /** As which version it is noted, when not the resource's own. */
  readonly apiVersion?: string;
}

/** The stored object with an applied configuration merged in. @throws StatusError Conflict */
export function applied(resource: ServedResource, apply: AppliedWrite): ApiObject {
  const { current, wanted } = apply;
  return applyConfiguration(
    current as JsonObject | undefined,
    wanted as JsonObject,
    applyOptions(resource, apply),
  ) as ApiObject;
}

/** The same for what is large: others have their turns between the steps. */
export async function appliedInTurns(resource: ServedResource, apply: AppliedWrite): Promise<ApiObject> {
  const { current, wanted } = apply;
  const options = applyOptions(resource, apply);
  return (await inTurns(applySteps(current as JsonObject | undefined, wanted as JsonObject, options))) as ApiObject;
}

async function inTurns<T>(steps: Generator<void, T, void>): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    await nextTurn();
  }
}

function applyOptions(resource: ServedResource, { context, force, subresource, apiVersion }: AppliedWrite) {
  return {
    ...management(resource, context, subresource),
    ...(apiVersion !== undefined && { apiVersion }),
    force,
  };
}

function management(resource: ServedResource, context: WriteContext, subresource: string): FieldManagement {
  return {
    schema: resource.allSchema,
    definition: resource.schema.definition,
    manager: context.fieldManager,
    apiVersion: apiVersionOf(resource.schema),
    time: formatTime(context.clock.now()),
    subresource,
    ignored: ignoredFields(resource, subresource),
    ...(resource.custom === undefined && { otherVersions: otherVersions(resource.schema, resource.allSchema) }),
  };
}

/** What a write through this path cannot set, so that nobody comes to own it. */
function ignoredFields(resource: ServedResource, subresource: string): readonly (readonly string[])[] {
  if (subresource === "status") return [["spec"]];
  return subresource === "" && resource.hasStatus ? [["status"]] : [];
}
