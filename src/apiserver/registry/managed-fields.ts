import { type ApiObject, apiVersionOf, type ManagedFieldsEntry } from "../../api/meta.ts";
import {
  applyConfiguration,
  applySteps,
  type FieldManagement,
  trackSteps,
  trackUpdate,
} from "../../api/patch/apply.ts";
import type { JsonObject } from "../../api/patch/json-value.ts";
import { stepByStep } from "../../api/patch/steps.ts";
import { StatusError } from "../../api/status.ts";
import { formatTime } from "../../base/clock.ts";
import { nextTurn } from "../../base/turn.ts";
import { otherVersions } from "./other-versions.ts";
import type { ServedResource } from "./resource.ts";
import type { WriteContext } from "./strategy.ts";

export type ManagedOperation = "Update" | "Apply";

/** What is kept for new objects that were sent in the same words, but for their names. They have their defaults. */
export interface Sameness {
  /** Of the object as it was sent, as JSON; known once somebody has written it. */
  fieldsV1?: string;
}

export interface TrackedWrite {
  readonly draft: ApiObject;
  readonly old?: ApiObject;
  readonly context: WriteContext;
  readonly subresource?: string;
  readonly operation: ManagedOperation;
  readonly sameness?: Sameness | undefined;
}

/** Notes in metadata.managedFields who wrote which fields (server-side apply, KEP-555). An apply has done so already. */
export function trackWrite(resource: ServedResource, write: TrackedWrite): void {
  if (write.operation === "Apply") return;
  note(write.draft, trackUpdate(...tracked(resource, write)));
}

/**
 * The same where there is something to wait for: what is large leaves others their turns between the steps, and custom
 * resources may be converted by a webhook. Who wrote what is forgotten when the webhook fails, as upstream does.
 */
export async function trackWriteInTurns(
  resource: ServedResource,
  write: TrackedWrite & { readonly isLarge: boolean },
): Promise<void> {
  if (write.operation === "Apply") return;
  const steps = trackSteps(...tracked(resource, write));
  const entries = await stepByStep(steps, restOf(write)).catch((error: unknown) => {
    if (error instanceof StatusError && write.old !== undefined) return [];
    throw error;
  });
  note(write.draft, entries);
}

/** Whether the managers of an object have to be waited for. */
export function waitsForManagers({ custom }: ServedResource): boolean {
  return custom?.otherVersions !== undefined;
}

const restOf = ({ isLarge }: { readonly isLarge: boolean }) => (isLarge ? nextTurn : undefined);

function tracked(resource: ServedResource, { draft, old, context, subresource = "", sameness }: TrackedWrite) {
  const options = { ...management(resource, context, subresource), sameness };
  return [old as JsonObject | undefined, draft as JsonObject, options] as const;
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
  const options = applyOptions(resource, apply);
  return asTyped(resource, apply, applyConfiguration(current as JsonObject | undefined, wanted as JsonObject, options));
}

/** The same where there is something to wait for. @throws StatusError also when a webhook cannot convert the object */
export async function appliedInTurns(
  resource: ServedResource,
  apply: AppliedWrite & { readonly isLarge: boolean },
): Promise<ApiObject> {
  const { current, wanted } = apply;
  const options = applyOptions(resource, apply);
  const steps = applySteps(current as JsonObject | undefined, wanted as JsonObject, options);
  return asTyped(resource, apply, await stepByStep(steps, restOf(apply)));
}

/** What was merged as the API's types hold it: the configuration is in it as its owner said it. */
function asTyped(resource: ServedResource, { current }: AppliedWrite, merged: JsonObject): ApiObject {
  if (resource.custom !== undefined) return merged as ApiObject;
  return resource.normalize(merged, { known: current }).object as ApiObject;
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
    otherVersions:
      resource.custom === undefined
        ? otherVersions(resource.schema, resource.allSchema)
        : resource.custom.otherVersions?.(),
    hasVersion: resource.custom?.hasVersion,
    keepsNull: resource.custom !== undefined,
  };
}

/** What a write through this path cannot set, so that nobody comes to own it. */
function ignoredFields(resource: ServedResource, subresource: string): readonly (readonly string[])[] {
  if (subresource === "status") {
    if (resource.custom !== undefined || resource.kind?.statusKeepsMetadata === true) return SPEC_AND_METADATA;
    return resource.kind?.statusKeeps === undefined ? SPEC : specAnd(resource.kind.statusKeeps);
  }
  return subresource === "" && resource.hasStatus ? STATUS : NOTHING;
}

// One list each: what is made of them is kept with them.
const SPEC = [["spec"]];
const SPEC_AND_METADATA = [["spec"], ["metadata"]];
const STATUS = [["status"]];
const withMetadata = new WeakMap<readonly string[], readonly (readonly string[])[]>();

function specAnd(kept: readonly string[]): readonly (readonly string[])[] {
  let paths = withMetadata.get(kept);
  if (paths === undefined) withMetadata.set(kept, (paths = [["spec"], ...kept.map((key) => ["metadata", key])]));
  return paths;
}

const NOTHING: readonly (readonly string[])[] = [];
