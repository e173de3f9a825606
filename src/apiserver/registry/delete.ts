import type { ApiObject } from "../../api/meta.ts";
import { cloneJson } from "../../api/patch/json-value.ts";
import { conflict, notFound } from "../../api/status.ts";
import { formatTime } from "../../base/clock.ts";
import { RevisionMismatchError } from "../../store/store.ts";
import { admissionAttributes } from "./admit.ts";
import { stampedCopy } from "./codec.ts";
import type { ServedResource } from "./resource.ts";
import type { Stored } from "./storage.ts";
import type { WriteContext } from "./strategy.ts";

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

const CONFLICT_TRIES = 5;
const FINALIZERS: Readonly<Record<string, string>> = { Orphan: "orphan", Foreground: "foregroundDeletion" };

/**
 * Deletes an object, or marks it as being deleted where a grace period, finalizers or the propagation policy keep it.
 * @throws StatusError NotFound, Conflict, Forbidden
 */
export async function deleteObject(
  resource: ServedResource,
  target: {
    namespace: string;
    name: string;
    options: DeleteOptions;
    /** When whoever calls has asked admission about something else. */
    admission?: "already";
  },
  context: WriteContext,
): Promise<Deletion> {
  let current = await resource.storage.get(target.namespace, target.name);
  for (let attempt = 1; ; attempt++) {
    if (current === undefined) throw notFound(resource.schema, target.name);
    checkPreconditions(resource, target, current);
    if (target.admission !== "already") await admitDeletion(resource, { current, options: target.options, context });
    resource.strategy.beforeDelete?.(current.object, context);
    try {
      return await deleteOnce(resource, { current, options: target.options, context });
    } catch (error) {
      if (!(error instanceof RevisionMismatchError)) throw error;
      if (attempt >= CONFLICT_TRIES)
        throw conflict(resource.schema, target.name, "the object changes too fast; try again");
      current = await resource.storage.latest(target.namespace, target.name);
    }
  }
}

async function admitDeletion(
  resource: ServedResource,
  of: { current: Stored; options: DeleteOptions; context: WriteContext },
): Promise<void> {
  const options = { kind: "DeleteOptions", apiVersion: "meta.k8s.io/v1", ...of.options } as ApiObject;
  const oldObject = of.current.object;
  const attributes = admissionAttributes(resource, of.context, { operation: "DELETE", oldObject, options });
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
  const graceSeconds = resource.strategy.gracePeriodSeconds?.(current.object, options.gracePeriodSeconds) ?? 0;
  const draft = markedForDeletion(resource, { current, options, graceSeconds, nowMs: context.clock.now() });
  if (isDone(resource, draft)) {
    if (context.dryRun) return { stored: current, gone: true };
    const revision = await resource.storage.delete(current);
    await resource.strategy.afterDelete?.(current.object);
    return { stored: { ...current, bytes: stampedCopy(current.bytes, revision), revision }, gone: true };
  }
  if (context.dryRun || draft === current.object) return { stored: current, gone: false };
  return { stored: await resource.storage.update(draft, current.revision), gone: false };
}

/** The object as it stays after the delete; the very same object when the delete adds nothing. */
function markedForDeletion(
  resource: ServedResource,
  work: { current: Stored; options: DeleteOptions; graceSeconds: number; nowMs: number },
): ApiObject {
  const { current, options, graceSeconds, nowMs } = work;
  const meta = current.object.metadata ?? {};
  const finalizers = finalizersFor(resource, current.object, options);
  const earlier = meta.deletionGracePeriodSeconds;
  const shorter = meta.deletionTimestamp === undefined || earlier === undefined || graceSeconds < earlier;
  const sameFinalizers = finalizers.length === (meta.finalizers ?? []).length;
  if (!shorter && sameFinalizers) return current.object;
  const draft = cloneJson(current.object);
  const marked = draft.metadata!;
  if (finalizers.length > 0) marked.finalizers = finalizers;
  else delete marked.finalizers;
  if (shorter) {
    if (meta.deletionTimestamp === undefined && marked.generation !== undefined) marked.generation++;
    marked.deletionTimestamp = formatTime(nowMs + graceSeconds * 1000);
    marked.deletionGracePeriodSeconds = graceSeconds;
    resource.strategy.markDeleted?.(draft);
  }
  return draft;
}

/** metadata.finalizers after the propagation policy has had its say (upstream: deletionFinalizersForGarbageCollection). */
function finalizersFor(resource: ServedResource, object: ApiObject, options: DeleteOptions): string[] {
  const present = object.metadata?.finalizers ?? [];
  const policy =
    options.propagationPolicy ??
    (options.orphanDependents === undefined ? undefined : options.orphanDependents ? "Orphan" : "Background") ??
    (resource.kind?.defaultPropagation === "orphan" && !present.includes("foregroundDeletion") ? "Orphan" : undefined);
  if (policy === undefined) return present;
  const wanted = FINALIZERS[policy];
  const others = present.filter((each) => each !== "orphan" && each !== "foregroundDeletion");
  return wanted === undefined ? others : [...others, wanted];
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

function checkPreconditions(
  resource: ServedResource,
  target: { name: string; options: DeleteOptions },
  current: Stored,
): void {
  const { uid, resourceVersion } = target.options.preconditions ?? {};
  const meta = current.object.metadata ?? {};
  const wrong =
    uid !== undefined && uid !== meta.uid
      ? `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${meta.uid}`
      : resourceVersion !== undefined && resourceVersion !== meta.resourceVersion
        ? `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${meta.resourceVersion}`
        : undefined;
  if (wrong === undefined) return;
  throw conflict(
    resource.schema,
    target.name,
    `StorageError: invalid object, Code: 4, Key: ${resource.storage.key(meta.namespace ?? "", meta.name ?? "")}, ResourceVersion: 0, AdditionalErrorMsg: ${wrong}`,
  );
}
