import { type ApiObject, controllerOf, type ObjectMeta, type ResourceReference } from "../../api/meta.ts";
import { type LabelSelectorLike, labelSelectorOf } from "../../api/selectors.ts";
import { hasReason, isNotFound } from "../../api/status.ts";
import type { Client } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";

/** What a set may do to one object that it selects or owns. */
export type Claim = "own" | "adopt" | "release" | "ignore";

export interface ClaimOwner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: ObjectMeta;
}

/** Decides for one object, as upstream's controller reference manager. Pure. */
export function claimOf(owner: ClaimOwner, object: ApiObject, matches: boolean): Claim {
  const deleting = owner.metadata?.deletionTimestamp !== undefined;
  const reference = controllerOf(object);
  if (reference !== undefined) {
    if (reference.uid !== owner.metadata?.uid) return "ignore";
    if (matches) return "own";
    return deleting ? "ignore" : "release";
  }
  if (deleting || !matches || object.metadata?.deletionTimestamp !== undefined) return "ignore";
  return object.metadata?.namespace === owner.metadata?.namespace ? "adopt" : "ignore";
}

export interface ClaimOptions<T extends ApiObject> {
  readonly client: Client;
  readonly owner: ClaimOwner;
  readonly resource: ResourceReference<T>;
  /** The owned ones and those that may be adopted. */
  readonly candidates: Iterable<T>;
  matches(object: T): boolean;
  /** Put on what is adopted and taken off what is released. */
  readonly finalizer?: string;
  /** Reads the owner afresh, not from a cache: one that is deleted or replaced must not adopt. */
  liveOwner(): Promise<ApiObject>;
}

export interface SelectedClaimOptions<T extends ApiObject> extends Omit<ClaimOptions<T>, "candidates" | "matches"> {
  /** Files its objects by `controller` (uid) and, where there is none, by `orphans` (namespace). */
  readonly from: Informer<T>;
  readonly selector: LabelSelectorLike | undefined;
  /** Others are left alone; all are looked at when absent. */
  only?(object: T): boolean;
}

/** The objects that the owner selects and controls, claimed as claimObjects does. */
export function claimSelected<T extends ApiObject>(options: SelectedClaimOptions<T>): Promise<T[]> {
  const { from, selector, only = () => true, ...claim } = options;
  const { uid = "", namespace = "" } = claim.owner.metadata ?? {};
  const selects = labelSelectorOf(selector);
  return claimObjects({
    ...claim,
    candidates: [...from.by("controller", uid), ...from.by("orphans", namespace)].filter(only),
    matches: (object) => selects(object.metadata?.labels),
  });
}

/**
 * The candidates that the owner controls, after adopting orphans that match and releasing owned ones that no longer do.
 * Rejects when an adoption or a release fails for another reason than that the object is gone.
 */
export async function claimObjects<T extends ApiObject>(options: ClaimOptions<T>): Promise<T[]> {
  const { owner } = options;
  const claimed: T[] = [];
  let mayAdopt: Promise<void> | undefined;
  for (const object of options.candidates) {
    switch (claimOf(owner, object, options.matches(object))) {
      case "own":
        claimed.push(object);
        break;
      case "adopt":
        mayAdopt ??= checkLive(options);
        await mayAdopt;
        if (await adopt(options, object)) claimed.push(object);
        break;
      case "release":
        await release(options, object);
        break;
      default:
    }
  }
  return claimed;
}

async function checkLive<T extends ApiObject>({ owner, liveOwner }: ClaimOptions<T>): Promise<void> {
  const live = await liveOwner();
  const name = `${owner.metadata?.namespace}/${owner.metadata?.name}`;
  if (live.metadata?.uid !== owner.metadata?.uid) {
    throw new Error(
      `original ${owner.kind} ${name} is gone: got uid ${live.metadata?.uid}, wanted ${owner.metadata?.uid}`,
    );
  }
  if (live.metadata?.deletionTimestamp !== undefined) {
    throw new Error(`${owner.kind} ${name} has just been deleted at ${live.metadata.deletionTimestamp}`);
  }
}

async function adopt<T extends ApiObject>(options: ClaimOptions<T>, object: T): Promise<boolean> {
  const { client, owner, resource, finalizer } = options;
  const { namespace, name = "", uid } = object.metadata ?? {};
  const finalizers = finalizer === undefined ? {} : { finalizers: [finalizer] };
  const body = { metadata: { ownerReferences: [controllerReference(owner)], uid, ...finalizers } };
  try {
    await client.patch(resource, { namespace, name }, { type: "strategic", body });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function release<T extends ApiObject>(options: ClaimOptions<T>, object: T): Promise<void> {
  const { client, owner, resource, finalizer } = options;
  const { namespace, name = "", uid } = object.metadata ?? {};
  const finalizers = finalizer === undefined ? {} : { "$deleteFromPrimitiveList/finalizers": [finalizer] };
  const body = { metadata: { ownerReferences: [{ $patch: "delete", uid: owner.metadata?.uid }], uid, ...finalizers } };
  try {
    await client.patch(resource, { namespace, name }, { type: "strategic", body });
  } catch (error) {
    // Gone, or another object under its name, or no longer owned: released in any case.
    if (!isNotFound(error) && !hasReason(error, "Invalid")) throw error;
  }
}

/** The reference by which an owner controls another object. */
export function controllerReference(owner: ClaimOwner) {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata?.name ?? "",
    uid: owner.metadata?.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}
