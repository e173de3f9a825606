import { type FieldError, invalidObject } from "../../api/field-error.ts";
import { validateFinalizerOwners } from "../../api/finalizer-names.ts";
import type { AnyObject, ApiObject, ObjectMeta } from "../../api/meta.ts";
import { immutable, validateObjectMetaUpdate } from "../../api/object-meta.ts";
import { cloneJson, equalJson } from "../../api/patch/json-value.ts";
import { conflict, notFound, type StatusError } from "../../api/status.ts";
import { nextTurn } from "../../base/turn.ts";
import { RevisionMismatchError } from "../../store/store.ts";
import { type AdmissionAttributes, replaceDraft } from "../admission/admission.ts";
import { admissionAttributes, checkAdmitted } from "./admit.ts";
import { finishDeletion } from "./delete.ts";
import { type ManagedOperation, trackWrite, trackWriteInTurns, waitsForManagers } from "./managed-fields.ts";
import { completeDraft, completed, countsGeneration, type ServedResource } from "./resource.ts";
import type { Stored } from "./storage.ts";
import type { WriteContext } from "./strategy.ts";
import { takesTurns } from "./take-turns.ts";
import { triesAgain } from "./try-again.ts";
import { writeSmaller } from "./write-smaller.ts";

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
  /**
   * For a subresource that writes one part: puts the part of the draft, which admission may have changed, on what is stored,
   * in the draft, and answers what is wrong with it.
   */
  settle?(draft: AnyObject, old: AnyObject): readonly FieldError[];
  /** A PUT's uid says which object is meant; a patch's is a change like others, and not allowed. */
  readonly isPatch?: true;
  /** What is written is no wish of whoever owns the object (the node of a pod): metadata.generation stays as it is. */
  readonly keepsGeneration?: true;
  /** What admission sees instead of the object; `already` when whoever calls has asked it about something else. */
  readonly admission?: AdmissionView | "already";
}

/** What a subresource shows of an object (a Scale), and how a changed one comes back. */
export interface AdmissionView {
  show(object: ApiObject): ApiObject;
  take(shown: ApiObject, draft: ApiObject): void;
}

/**
 * Changes a stored object, in upstream's order: transform, managed fields, mutating admission, what clients may not set is
 * carried over, validation, validating admission, compare-and-swap.
 * A change that changes nothing writes nothing, unless it is stored otherwise than it would be now.
 * @throws StatusError NotFound, Conflict, Invalid …
 */
export async function updateObject(
  resource: ServedResource,
  request: UpdateRequest,
  context: WriteContext,
): Promise<Stored> {
  const { storage, schema } = resource;
  const { namespace, name } = request;
  let current = await storage.get(namespace, name);
  let endTurn: (() => void) | undefined;
  try {
    for (let attempt = 1; ; attempt++) {
      if (current === undefined) throw notFound(schema, name);
      const wanted = await request.transform(current.object);
      checkUid(resource, { wanted, isPatch: request.isPatch === true }, current);
      try {
        return await updateOnce(resource, { request, wanted, current, context });
      } catch (error) {
        if (!(error instanceof RevisionMismatchError)) throw error;
        endTurn ??= await storage.turns.take(storage.key(namespace, name), context);
        if (!triesAgain(attempt, context)) throw conflict(schema, name, MODIFIED);
        current = await storage.latest(namespace, name);
      }
    }
  } finally {
    endTurn?.();
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
  const draft = draftOf(request, wanted);
  const change: Change = { draft, old: old as AnyObject, subresource };
  if (subresource === "") resource.kind?.setDefaults?.(draft);
  else if (subresource === "status") resource.kind?.setStatusDefaults?.(draft);
  if (isLarge) await nextTurn();
  await noteManagers(resource, change, { request, context, isLarge });
  if (isLarge) await nextTurn();
  const attributes = attributesOf(resource, change, { request, context });
  try {
    if (request.admission !== "already") {
      const managers = draft.metadata?.managedFields;
      await resource.admission.admit(attributes);
      checkAdmitted(draft, managers, context);
      if (typeof request.admission === "object") request.admission.take(attributes.object!, draft);
    }
    checkVersion(resource, draft, current);
    return await finish(resource, change, { request, current, context, attributes, isLarge });
  } finally {
    attributes.end();
  }
}

/** A write under way: the draft becomes what is stored. */
interface Change {
  readonly draft: AnyObject;
  readonly old: AnyObject;
  readonly subresource: string;
}

/** What follows the mutating admission: from what it made of the draft, only what this path may write is kept. */
async function finish(
  resource: ServedResource,
  change: Change,
  of: {
    request: UpdateRequest;
    current: Stored;
    context: WriteContext;
    attributes: AdmissionAttributes;
    isLarge: boolean;
  },
): Promise<Stored> {
  const { request, current, context, attributes, isLarge } = of;
  const { draft, old } = change;
  prepare(resource, change);
  const partErrors = request.settle?.(draft, old) ?? [];
  completeDraft(resource, draft);
  const undo = await resource.strategy.beforeUpdate?.(draft, old, context);
  try {
    if (request.keepsGeneration !== true) countGeneration(resource, change);
    if (isLarge) await nextTurn();
    validateChange(resource, change, partErrors);
    const isSame = isUnchanged(draft, old);
    if (isLarge) await nextTurn();
    for (const warning of warningsOf(resource, change)) context.warn(warning);
    if (request.admission !== "already") await resource.admission.validate(attributes);
    if (isSame && resource.storage.isStoredAsWritten(current)) {
      await undo?.();
      return current;
    }
    if (context.dryRun) {
      await undo?.();
      return { object: draft, bytes: Buffer.from(JSON.stringify(draft)), revision: current.revision };
    }
    const stored = await writeSmaller(draft, request.operation ?? "Update", () =>
      resource.storage.update(draft, current.revision),
    );
    await resource.strategy.afterUpdate?.(stored.object, old);
    return await finishDeletion(resource, stored);
  } catch (error) {
    await undo?.();
    throw error;
  }
}

function warningsOf({ kind }: ServedResource, { draft, old, subresource }: Change): readonly string[] {
  if (subresource === "") return kind?.warnings?.(draft, old) ?? [];
  return subresource === "status" ? (kind?.statusWarnings?.(draft) ?? []) : [];
}

function attributesOf(
  resource: ServedResource,
  { draft, old, subresource }: Change,
  { request, context }: { request: UpdateRequest; context: WriteContext },
) {
  const view = request.admission === "already" ? undefined : request.admission;
  const object = view?.show(draft) ?? draft;
  const seen = { operation: "UPDATE", subresource, object, oldObject: view?.show(old) ?? old } as const;
  return admissionAttributes(resource, context, seen);
}

/** Notes whose fields are whose, before anything but the client changes the object. */
async function noteManagers(
  resource: ServedResource,
  change: Change,
  { request, context, isLarge }: { request: UpdateRequest; context: WriteContext; isLarge: boolean },
): Promise<void> {
  const { draft, old, subresource } = change;
  const operation = request.operation ?? "Update";
  const written = writable(resource, change);
  const tracked = { draft: written, old, context, subresource, operation };
  if (isLarge || waitsForManagers(resource)) await trackWriteInTurns(resource, { ...tracked, isLarge });
  else trackWrite(resource, tracked);
  const managers = written.metadata?.managedFields;
  const meta = (draft.metadata ??= {});
  if (managers === undefined) delete meta.managedFields;
  else meta.managedFields = managers;
}

/** The draft with what this path cannot write as it is stored. Shares its parts with both. */
function writable(resource: ServedResource, { draft, old, subresource }: Change): AnyObject {
  if (subresource === "status") return statusChange(resource, draft, old);
  if (subresource !== "" || !resource.hasStatus) return draft;
  const { status: _, ...rest } = draft;
  return (old.status === undefined ? rest : { ...rest, status: old.status }) as AnyObject;
}

/** Upstream's rest.BeforeUpdate: whatever the client and admission said, what they may not change stays as it is. */
function prepare(resource: ServedResource, change: Change): void {
  const { draft, old, subresource } = change;
  if (subresource === "status") {
    // Who only looks at the rest may share it; what a strategy completes must not be what is cached.
    const rest = resource.strategy.beforeUpdate === undefined ? old : cloneObject(old);
    replaceDraft(draft, statusChange(resource, draft, rest));
  }
  carryMeta(draft, old);
  if (subresource === "status") resource.kind?.prepareForStatusUpdate?.(draft, old);
  if (subresource !== "") return;
  if (resource.hasStatus) {
    if (old.status === undefined) delete draft.status;
    else draft.status = old.status;
  }
  resource.kind?.setDefaults?.(draft);
  resource.kind?.prepareForUpdate?.(draft, old);
}

function checkUid(
  resource: ServedResource,
  { wanted, isPatch }: { wanted: ApiObject; isPatch: boolean },
  current: Stored,
): void {
  const { uid = "", name = "" } = wanted.metadata ?? {};
  const known = current.object.metadata ?? {};
  if (uid === "" || uid === known.uid) return;
  if (isPatch) throw invalidObject(resource.schema, name, immutable(uid, known.uid, "metadata.uid"));
  throw uidConflict(resource, wanted, known.uid);
}

/** An object that is written says that it is another one than there is. @param known the uid that there is; none where there is nothing */
export function uidConflict({ schema, storage }: ServedResource, { metadata }: ApiObject, known = ""): StatusError {
  const { namespace = "", name = "", uid } = metadata ?? {};
  return conflict(
    schema,
    name,
    `StorageError: invalid object, Code: 4, Key: ${storage.key(namespace, name)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${known}`,
  );
}

function checkVersion(resource: ServedResource, { metadata }: ApiObject, current: Stored): void {
  const { resourceVersion = "", name = "" } = metadata ?? {};
  if (resourceVersion !== "" && resourceVersion !== "0" && resourceVersion !== String(current.revision)) {
    throw conflict(resource.schema, name, MODIFIED);
  }
}

/** What becomes of the wanted object is written into it. What is known to stay as it is is shared with the old one. */
function draftOf({ subresource, isFresh }: UpdateRequest, wanted: ApiObject): AnyObject {
  if (isFresh === true) return wanted as AnyObject;
  if (subresource !== "status") return cloneObject(wanted);
  // Of the rest admission at most makes another: nobody writes in it.
  const { status } = wanted as AnyObject;
  return { ...wanted, metadata: { ...wanted.metadata }, ...(status !== undefined && { status: cloneJson(status) }) };
}

/** A deep copy. Managed fields are shared: new ones are made of them, and they are never changed. */
function cloneObject(object: ApiObject): AnyObject {
  const { metadata, ...rest } = object;
  const { managedFields, ...meta } = metadata ?? {};
  const copy = cloneJson(rest) as AnyObject;
  copy.metadata = cloneJson(meta);
  if (managedFields !== undefined) copy.metadata.managedFields = managedFields;
  return copy;
}

const OWN_METADATA = ["annotations", "finalizers", "labels", "ownerReferences"] as const;

/** The stored object with the wanted status and, of kinds that upstream has had for long, metadata. Shares its parts with both. */
function statusChange(resource: ServedResource, wanted: AnyObject, old: AnyObject): AnyObject {
  const { status: _, ...rest } = old;
  const meta: ObjectMeta = { ...old.metadata };
  const asked = wanted.metadata ?? {};
  const taken: (keyof ObjectMeta)[] = ["managedFields", "resourceVersion"];
  if (resource.custom === undefined && resource.kind?.statusKeepsMetadata !== true) {
    const kept = resource.kind?.statusKeeps ?? [];
    taken.push(...OWN_METADATA.filter((key) => !kept.includes(key)));
  }
  for (const key of taken) {
    if (asked[key] === undefined) delete meta[key];
    else Object.assign(meta, { [key]: asked[key] });
  }
  const { status } = wanted;
  return { ...rest, metadata: meta, ...(status !== undefined && { status }) } as AnyObject;
}

/** What the server sets once and clients cannot change; a wanted object may leave it out. */
function carryMeta(draft: ApiObject, old: ApiObject): void {
  const meta: ObjectMeta = (draft.metadata ??= {});
  const known = old.metadata ?? {};
  for (const key of ["uid", "creationTimestamp", "generation", "selfLink", "resourceVersion"] as const) {
    if (known[key] === undefined) delete meta[key];
    else Object.assign(meta, { [key]: known[key] });
  }
  // Who says that an object is being deleted which is not is told so; nobody takes it back.
  if (known.deletionTimestamp !== undefined) meta.deletionTimestamp = known.deletionTimestamp;
  if (known.deletionGracePeriodSeconds !== undefined) {
    meta.deletionGracePeriodSeconds ??= known.deletionGracePeriodSeconds;
  }
}

/** metadata.generation counts changes of what the user wants: everything but metadata, and status where controllers write it. */
function countGeneration(resource: ServedResource, { draft, old, subresource }: Change): void {
  if (!countsGeneration(resource)) return;
  const { metadata: _m, status, apiVersion: _a, ...wanted } = draft;
  const { metadata: _n, status: before, apiVersion: _b, ...known } = old;
  const generation = old.metadata?.generation ?? 0;
  const counts = subresource === "" && resource.kind?.countsAnnotations === true;
  const isSame =
    equalJson(wanted, known) &&
    (resource.hasStatus || equalJson(status, before)) &&
    (!counts || equalJson(draft.metadata?.annotations ?? {}, old.metadata?.annotations ?? {}));
  draft.metadata!.generation = isSame ? generation : generation + 1;
}

/**
 * Whether nothing would be written. Times alone in managed fields change nothing: what the client changed has been set back
 * since (upstream: IgnoreManagedFieldsTimestampsTransformer).
 */
function isUnchanged(draft: AnyObject, old: AnyObject): boolean {
  const keys = Object.keys(draft);
  if (keys.length !== Object.keys(old).length) return false;
  if (!keys.every((key) => key === "metadata" || equalJson(draft[key], old[key]))) return false;
  const { managedFields, ...meta } = draft.metadata ?? {};
  const { managedFields: known, ...before } = old.metadata ?? {};
  if (!equalJson(meta, before) || !equalJson(timeless(managedFields), timeless(known))) return false;
  if (known === undefined) delete draft.metadata?.managedFields;
  else draft.metadata!.managedFields = known;
  return true;
}

const timeless = (managers: ObjectMeta["managedFields"]) => managers?.map(({ time: _, ...rest }) => rest) ?? [];

function validateChange(resource: ServedResource, change: Change, partErrors: readonly FieldError[]): void {
  let errors = changeErrors(resource, change, partErrors);
  if (errors.length > 0)
    errors = changeErrors(resource, { ...change, old: withDefaults(resource, change) }, partErrors);
  if (errors.length > 0) throw invalidObject(resource.schema, change.draft.metadata?.name ?? "", errors);
}

/** What an older server has stored lacks what it says by default since: the draft, which says so, does not change it. */
function withDefaults({ kind }: ServedResource, { old, subresource }: Change): AnyObject {
  if (subresource !== "" || kind?.setDefaults === undefined) return old;
  const complete = cloneObject(old);
  kind.setDefaults(complete);
  return complete;
}

function changeErrors(
  resource: ServedResource,
  { draft, old, subresource }: Change,
  partErrors: readonly FieldError[],
): FieldError[] {
  const meta = draft.metadata ?? {};
  const errors = [...validateObjectMetaUpdate(meta, old.metadata ?? {}), ...partErrors];
  if (resource.custom === undefined) errors.push(...validateFinalizerOwners(resource.schema.group, meta.finalizers));
  if (subresource === "status") errors.push(...(resource.kind?.validateStatusUpdate?.(draft, old) ?? []));
  else if (subresource === "" || resource.custom !== undefined) {
    errors.push(
      ...(resource.kind?.validate?.(draft, old) ?? []),
      ...(resource.kind?.validateUpdate?.(draft, old) ?? []),
    );
  }
  return errors;
}
