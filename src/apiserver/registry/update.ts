import { invalidObject } from "../../api/field-error.ts";
import type { AnyObject, ApiObject, ObjectMeta } from "../../api/meta.ts";
import { validateObjectMetaUpdate } from "../../api/object-meta.ts";
import { cloneJson, equalJson } from "../../api/patch/json-value.ts";
import { conflict, notFound } from "../../api/status.ts";
import { nextTurn } from "../../base/turn.ts";
import { RevisionMismatchError } from "../../store/store.ts";
import { admissionAttributes } from "./admit.ts";
import { finishDeletion } from "./delete.ts";
import { type ManagedOperation, trackWrite, trackWriteInTurns } from "./managed-fields.ts";
import { completeDraft, completed, countsGeneration, type ServedResource } from "./resource.ts";
import type { Stored } from "./storage.ts";
import type { WriteContext } from "./strategy.ts";
import { takesTurns } from "./take-turns.ts";

/** How often a change without a precondition is made again on a newer object before the client gets the conflict. */
const CONFLICT_TRIES = 5;
export const MODIFIED = "the object has been modified; please apply your changes to the latest version and try again";

export interface UpdateRequest {
  readonly namespace: string;
  readonly name: string;
  /** `status`, or another subresource whose transform touches only its part; empty for the object itself. */
  readonly subresource?: string;
  /**
   * The wanted object made from what is stored (which it must not change, but may have parts of). Called again after a conflict.
   */
  transform(current: ApiObject): ApiObject | Promise<ApiObject>;
  readonly operation?: ManagedOperation;
  /** The wanted object is a new one each time, with new metadata, and new wherever anybody has to write: it needs no copy. */
  readonly isFresh?: boolean;
  /** What admission sees instead of the object; `already` when whoever calls has asked it about something else. */
  readonly admission?: AdmissionView | "already";
}

/** What a subresource shows of an object (a Scale), and how a changed one comes back. */
export interface AdmissionView {
  show(object: ApiObject): ApiObject;
  take(shown: ApiObject, draft: ApiObject): void;
}

/**
 * Changes a stored object: transform, carry over what clients may not set, admission, validation, compare-and-swap.
 * A change that changes nothing writes nothing, unless it is stored otherwise than it would be now.
 * @throws StatusError NotFound, Conflict, Invalid …
 */
export async function updateObject(
  resource: ServedResource,
  request: UpdateRequest,
  context: WriteContext,
): Promise<Stored> {
  let current = await resource.storage.get(request.namespace, request.name);
  for (let attempt = 1; ; attempt++) {
    if (current === undefined) throw notFound(resource.schema, request.name);
    const wanted = await request.transform(current.object);
    checkPreconditions(resource, wanted, current);
    try {
      return await updateOnce(resource, { request, wanted, current, context });
    } catch (error) {
      if (!(error instanceof RevisionMismatchError)) throw error;
      if (attempt >= CONFLICT_TRIES) throw conflict(resource.schema, request.name, MODIFIED);
      current = await resource.storage.latest(request.namespace, request.name);
    }
  }
}

async function updateOnce(
  resource: ServedResource,
  write: { request: UpdateRequest; wanted: ApiObject; current: Stored; context: WriteContext },
): Promise<Stored> {
  const { request, wanted, current, context } = write;
  const subresource = request.subresource ?? "";
  const isLarge = takesTurns(context, current.bytes.length);
  if (isLarge) await nextTurn();
  const old = completed(resource, current.object);
  const draft = draftOf(resource, { request, wanted, old });
  carryMeta(draft, old);
  if (subresource === "status") resource.kind?.prepareForStatusUpdate?.(draft, old);
  if (subresource === "") completeWhole(resource, draft as AnyObject, old as AnyObject);
  if (isLarge) await nextTurn();
  // What the server changes from here on belongs to nobody.
  const tracked = { draft, old, context, subresource, operation: request.operation ?? "Update" };
  if (isLarge) await trackWriteInTurns(resource, tracked);
  else trackWrite(resource, tracked);
  if (isLarge) await nextTurn();
  if (subresource === "") resource.kind?.prepareForUpdate?.(draft, old);
  const view = request.admission === "already" ? undefined : request.admission;
  const object = view?.show(draft) ?? draft;
  const change = { operation: "UPDATE", subresource, object, oldObject: view?.show(old) ?? old } as const;
  const attributes = admissionAttributes(resource, context, change);
  if (request.admission !== "already") await resource.admission.admit(attributes);
  view?.take(object, draft);
  if (subresource === "") resource.kind?.setDefaults?.(draft);
  completeDraft(resource, draft);
  const undo = await resource.strategy.beforeUpdate?.(draft, old, context);
  try {
    countGeneration(resource, draft as AnyObject, old as AnyObject);
    if (isLarge) await nextTurn();
    validateChange(resource, { draft, old, subresource });
    if (isLarge) await nextTurn();
    if (subresource === "") for (const warning of resource.kind?.warnings?.(draft, old) ?? []) context.warn(warning);
    if (request.admission !== "already") await resource.admission.validate(attributes);
    if (equalJson(draft, old) && resource.storage.isStoredAsWritten(current)) {
      await undo?.();
      return current;
    }
    if (context.dryRun) {
      await undo?.();
      return { object: draft, bytes: Buffer.from(JSON.stringify(draft)), revision: current.revision };
    }
    const stored = await resource.storage.update(draft, current.revision);
    await resource.strategy.afterUpdate?.(stored.object, old);
    return await finishDeletion(resource, stored);
  } catch (error) {
    await undo?.();
    throw error;
  } finally {
    attributes.end();
  }
}

function checkPreconditions(resource: ServedResource, wanted: ApiObject, current: Stored): void {
  const { resourceVersion = "", uid = "", name = "" } = wanted.metadata ?? {};
  const known = current.object.metadata ?? {};
  if (uid !== "" && uid !== known.uid) {
    throw conflict(
      resource.schema,
      name,
      `StorageError: invalid object, Code: 4, Key: ${resource.storage.key(known.namespace ?? "", known.name ?? "")}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${known.uid}`,
    );
  }
  if (resourceVersion !== "" && resourceVersion !== "0" && resourceVersion !== String(current.revision)) {
    throw conflict(resource.schema, name, MODIFIED);
  }
}

/** What becomes of the wanted object is written into it. What is known to stay as it is is shared with the old one. */
function draftOf(
  resource: ServedResource,
  { request, wanted, old }: { request: UpdateRequest; wanted: ApiObject; old: ApiObject },
): ApiObject {
  if (request.subresource === "status") return statusDraft(resource, wanted, old);
  return request.isFresh === true ? wanted : cloneObject(wanted);
}

/** A deep copy. Managed fields are shared: new ones are made of them, and they are never changed. */
function cloneObject(object: ApiObject): ApiObject {
  const { metadata, ...rest } = object;
  const { managedFields, ...meta } = metadata ?? {};
  const copy = cloneJson(rest) as ApiObject;
  copy.metadata = cloneJson(meta);
  if (managedFields !== undefined) copy.metadata.managedFields = managedFields;
  return copy;
}

/**
 * The stored object with the wanted status, annotations and (outside apps) labels; of custom resources the status alone. Only a
 * strategy would complete what lies outside the status; without one it stays the same objects, in which nobody writes and
 * nothing has to be looked for.
 */
function statusDraft(resource: ServedResource, wanted: ApiObject, old: ApiObject): ApiObject {
  const draft: AnyObject =
    resource.strategy.beforeUpdate === undefined
      ? { ...(old as AnyObject), metadata: { ...old.metadata } }
      : (cloneObject(old) as AnyObject);
  const status = (wanted as AnyObject).status;
  if (status === undefined) delete draft.status;
  else draft.status = cloneJson(status);
  const meta = draft.metadata!;
  const asked = wanted.metadata ?? {};
  const taken: (keyof ObjectMeta)[] = ["managedFields"];
  if (resource.custom === undefined) taken.push("annotations", "finalizers");
  if (resource.custom === undefined && resource.schema.group !== "apps") taken.push("labels");
  for (const key of taken) {
    const value = asked[key];
    if (value === undefined) delete meta[key];
    else if (value !== meta[key]) Object.assign(meta, { [key]: key === "managedFields" ? value : cloneJson(value) });
  }
  return draft;
}

/** What the server sets once and clients cannot change; a wanted object may leave it out. */
function carryMeta(draft: ApiObject, old: ApiObject): void {
  const meta: ObjectMeta = (draft.metadata ??= {});
  const known = old.metadata ?? {};
  const fixed = [
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "selfLink",
    "generateName",
    "resourceVersion",
  ] as const;
  for (const key of fixed) {
    if (known[key] === undefined) delete meta[key];
    else Object.assign(meta, { [key]: known[key] });
  }
  if (meta.managedFields === undefined && known.managedFields !== undefined) meta.managedFields = known.managedFields;
}

function completeWhole(resource: ServedResource, draft: AnyObject, old: AnyObject): void {
  if (resource.hasStatus) {
    if (old.status === undefined) delete draft.status;
    else draft.status = old.status;
  }
  resource.kind?.setDefaults?.(draft);
}

/** metadata.generation counts changes of what the user wants: everything but metadata, and status where controllers write it. */
function countGeneration(resource: ServedResource, draft: AnyObject, old: AnyObject): void {
  if (!countsGeneration(resource)) return;
  const { metadata: _m, status, apiVersion: _a, ...wanted } = draft;
  const { metadata: _n, status: before, apiVersion: _b, ...known } = old;
  const generation = old.metadata?.generation ?? 0;
  const isSame = equalJson(wanted, known) && (resource.hasStatus || equalJson(status, before));
  draft.metadata!.generation = isSame ? generation : generation + 1;
}

function validateChange(
  resource: ServedResource,
  change: { draft: ApiObject; old: ApiObject; subresource: string },
): void {
  const { draft, old, subresource } = change;
  const errors = [...validateObjectMetaUpdate(draft.metadata ?? {}, old.metadata ?? {})];
  if (subresource === "status") errors.push(...(resource.kind?.validateStatusUpdate?.(draft, old) ?? []));
  else if (subresource === "" || resource.custom !== undefined) {
    errors.push(
      ...(resource.kind?.validate?.(draft, old) ?? []),
      ...(resource.kind?.validateUpdate?.(draft, old) ?? []),
    );
  }
  if (errors.length > 0) throw invalidObject(resource.schema, draft.metadata?.name ?? "", errors);
}
