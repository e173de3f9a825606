import type { ApiObject, ObjectMeta } from "../../api/meta.ts";
import { cloneJson, equalJson } from "../../api/patch/json-value.ts";
import { conflict, notFound } from "../../api/status.ts";
import { formatTime } from "../../base/clock.ts";
import { RevisionMismatchError } from "../../store/store.ts";
import { admissionAttributes } from "./admit.ts";
import { stampedCopy } from "./codec.ts";
import type { ServedResource } from "./resource.ts";
import type { Stored } from "./storage.ts";
import type { WriteContext } from "./strategy.ts";
import { triesAgain } from "./try-again.ts";

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: string;
  readonly orphanDependents?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export interface Deletion {
  /** The object as it was last. */
  readonly stored: Stored;
  /** False while finalizers or a grace period keep it. */
  readonly gone: boolean;
}

const FINALIZERS: Readonly<Record<string, string>> = { Orphan: "orphan", Foreground: "foregroundDeletion" };

export interface DeleteTarget {
  readonly namespace: string;
  readonly name: string;
  readonly options: DeleteOptions;
  /** One of a collection, which admission plugins are told without a name; `already` when whoever calls has asked about something else. */
  readonly admission?: "collection" | "already";
}

/**
 * Deletes an object, or marks it as being deleted where a grace period, finalizers or the propagation policy keep it.
 * @throws StatusError NotFound, Conflict, Forbidden
 */
export async function deleteObject(
  resource: ServedResource,
  target: DeleteTarget,
  context: WriteContext,
): Promise<Deletion> {
  let current = await resource.storage.get(target.namespace, target.name);
  for (let attempt = 1; ; attempt++) {
    if (current === undefined) throw notFound(resource.schema, target.name);
    checkPreconditions(resource, target, current.object);
    if (isPending(resource, target, { current, nowMs: context.clock.now() })) return { stored: current, gone: false };
    if (target.admission !== "already") await admitDeletion(resource, { current, target, context });
    if (target.admission !== "collection") resource.strategy.beforeDelete?.(current.object, context);
    try {
      return await deleteOnce(resource, { current, options: target.options, context });
    } catch (error) {
      if (!(error instanceof RevisionMismatchError)) throw error;
      if (!triesAgain(attempt, context))
        throw conflict(resource.schema, target.name, "the object changes too fast; try again");
      current = await resource.storage.latest(target.namespace, target.name);
    }
  }
}

async function admitDeletion(
  resource: ServedResource,
  { current, target, context }: { current: Stored; target: DeleteTarget; context: WriteContext },
): Promise<void> {
  const options = { ...target.options, ...(context.dryRun && { dryRun: ["All"] }) };
  const name = target.admission === "collection" ? "" : target.name;
  const deletion = { operation: "DELETE", oldObject: current.object, name, options } as const;
  const attributes = admissionAttributes(resource, context, deletion);
  await resource.admission.admit(attributes);
  await resource.admission.validate(attributes);
}

/** Removes an object whose last finalizer went with the write just made. */
export async function finishDeletion(resource: ServedResource, stored: Stored): Promise<Stored> {
  if (!isDone(resource, stored.object)) return stored;
  try {
    await resource.storage.delete(stored);
    await resource.strategy.afterDelete?.(stored.object);
  } catch (error) {
    if (!(error instanceof RevisionMismatchError)) throw error;
  }
  return stored;
}

async function deleteOnce(
  resource: ServedResource,
  work: { current: Stored; options: DeleteOptions; context: WriteContext },
): Promise<Deletion> {
  const { current, options, context } = work;
  const nowMs = context.clock.now();
  const grace = graceOf(resource, { current, options, nowMs });
  // Who waits for the end of a grace period may not change anything but its length.
  if (grace === "pending") return { stored: current, gone: false };
  const draft = markedForDeletion(resource, { current, options, nowMs, grace });
  if (draft === current.object) return { stored: current, gone: false };
  const gone = isDone(resource, draft);
  if (context.dryRun) {
    return { stored: { ...current, object: draft, bytes: Buffer.from(JSON.stringify(draft)) }, gone };
  }
  if (!gone) return { stored: await resource.storage.update(draft, current.revision), gone };
  if (grace === undefined) return await remove(resource, current);
  // The end of a grace period is written down before the object goes: watchers see it, as upstream's do.
  const last = await resource.storage.update(draft, current.revision);
  try {
    return await remove(resource, last);
  } catch (error) {
    // Who saw that it may go was faster.
    if (error instanceof RevisionMismatchError && error.current === undefined) return { stored: last, gone };
    throw error;
  }
}

async function remove(resource: ServedResource, last: Stored): Promise<Deletion> {
  const revision = await resource.storage.delete(last);
  await resource.strategy.afterDelete?.(last.object);
  return { stored: { object: last.object, bytes: stampedCopy(last.bytes, revision), revision }, gone: true };
}

/**
 * Whether an earlier delete does all that this one would: then nobody is asked about it. Who waits for the end of a grace
 * period may not change anything but its length.
 */
function isPending(
  resource: ServedResource,
  { options }: DeleteTarget,
  { current, nowMs }: { current: Stored; nowMs: number },
): boolean {
  if (current.object.metadata?.deletionTimestamp === undefined) return false;
  if (graceOf(resource, { current, options, nowMs }) === "pending") return true;
  return resource.strategy.holdsDeletion?.(current.object) === true;
}

/** The object as the delete leaves it; the very same object when the delete changes nothing. */
function markedForDeletion(
  resource: ServedResource,
  work: { current: Stored; options: DeleteOptions; nowMs: number; grace: Grace | undefined },
): ApiObject {
  const { current, options, nowMs, grace } = work;
  const marks = resource.strategy.markDeleted;
  // Who marks in a way of his own may write anywhere.
  const draft = marks === undefined ? withOwnMetadata(current.object) : cloneJson(current.object);
  const meta = draft.metadata!;
  const isFirst = meta.deletionTimestamp === undefined;
  const finalizers = finalizersFor(resource, current.object, options);
  if (finalizers.length > 0) meta.finalizers = finalizers;
  else delete meta.finalizers;
  if (grace === undefined) markNow(resource, meta, nowMs);
  else {
    meta.deletionTimestamp = formatTime(grace.endMs);
    meta.deletionGracePeriodSeconds = grace.seconds;
  }
  if (isFirst && marks === undefined && (meta.generation ?? 0) > 0) meta.generation!++;
  if (isFirst) marks?.(draft);
  return equalJson(draft, current.object) && !isDone(resource, draft) ? current.object : draft;
}

/** Shares all parts but the metadata, whose own parts it shares. */
function withOwnMetadata<T extends ApiObject>(object: T): T {
  return { ...object, metadata: { ...object.metadata } };
}

interface Grace {
  readonly seconds: number;
  readonly endMs: number;
}

/**
 * How long a delete lets the object live (upstream: rest.BeforeDelete): undefined where it has no grace period, or none that
 * is left; `pending` while an earlier one runs that this delete does not make shorter.
 */
function graceOf(
  resource: ServedResource,
  work: { current: Stored; options: DeleteOptions; nowMs: number },
): Grace | "pending" | undefined {
  const { current, options, nowMs } = work;
  if (resource.strategy.gracePeriodSeconds === undefined) return undefined;
  const { deletionTimestamp, deletionGracePeriodSeconds: earlier = 0 } = current.object.metadata ?? {};
  const asked = options.gracePeriodSeconds;
  if (deletionTimestamp === undefined) {
    const seconds = resource.strategy.gracePeriodSeconds(current.object, asked);
    return { seconds, endMs: nowMs + seconds * 1000 };
  }
  if (earlier === 0) return undefined;
  if (asked === undefined || asked >= earlier) return "pending";
  return { seconds: asked, endMs: Date.parse(deletionTimestamp) + (asked - earlier) * 1000 };
}

/** Without a grace period. Kinds that mark themselves say only since when, as upstream's namespaces and definitions. */
function markNow(resource: ServedResource, meta: ObjectMeta, nowMs: number): void {
  const marked = meta.deletionTimestamp === undefined ? Infinity : Date.parse(meta.deletionTimestamp);
  if (marked > nowMs) meta.deletionTimestamp = formatTime(nowMs);
  if (resource.strategy.markDeleted === undefined) meta.deletionGracePeriodSeconds = 0;
}

/** metadata.finalizers after the propagation policy has had its say (upstream: deletionFinalizersForGarbageCollection). */
function finalizersFor(resource: ServedResource, object: ApiObject, options: DeleteOptions): string[] {
  const present = object.metadata?.finalizers ?? [];
  if (resource.kind?.defaultPropagation === "unsupported") {
    return present.filter((each) => each !== "orphan" && each !== "foregroundDeletion");
  }
  const policy =
    options.propagationPolicy ??
    (options.orphanDependents === undefined ? undefined : options.orphanDependents ? "Orphan" : "Background") ??
    (resource.kind?.defaultPropagation === "orphan" && !present.includes("foregroundDeletion") ? "Orphan" : undefined);
  if (policy === undefined) return present;
  const wanted = FINALIZERS[policy];
  const others = present.filter((each) => each !== "orphan" && each !== "foregroundDeletion");
  const changed = wanted === undefined ? others : [...others, wanted];
  // As upstream: the same ones stay in their order.
  const isSame = changed.length === present.length && changed.every((each) => present.includes(each));
  return isSame ? present : changed;
}

function isDone(resource: ServedResource, object: ApiObject): boolean {
  const meta = object.metadata ?? {};
  return (
    meta.deletionTimestamp !== undefined &&
    (meta.deletionGracePeriodSeconds ?? 0) === 0 &&
    (meta.finalizers ?? []).length === 0 &&
    resource.strategy.holdsDeletion?.(object) !== true
  );
}

/** @throws StatusError Conflict when the object is not the one, or not the version of it, that the client means */
export function checkPreconditions(
  resource: ServedResource,
  target: { name: string; options: DeleteOptions },
  current: ApiObject,
): void {
  const { uid, resourceVersion } = target.options.preconditions ?? {};
  const meta = current.metadata ?? {};
  const wrong =
    uid !== undefined && uid !== meta.uid
      ? `the UID in the precondition (${uid}) does not match the UID in record (${meta.uid}). The object might have been deleted and then recreated`
      : resourceVersion !== undefined && resourceVersion !== meta.resourceVersion
        ? `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${meta.resourceVersion}). The object might have been modified`
        : undefined;
  // Upstream names the kind here, not the resource.
  const { group, kind } = resource.schema;
  if (wrong !== undefined) throw conflict({ group, resource: kind }, target.name, wrong);
}
