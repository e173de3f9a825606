import { pods } from "../../api/generated/resources.ts";
import type { ApiObject, ObjectMeta, OwnerReference, ResourceReference } from "../../api/meta.ts";

export const FOREGROUND_FINALIZER = "foregroundDeletion";
export const ORPHAN_FINALIZER = "orphan";

/** What garbage collection knows of an object of any kind. */
export interface OwnerFacts {
  readonly resource: ResourceReference;
  readonly uid: string;
  /** Empty for objects without one. */
  readonly namespace: string;
  readonly name: string;
  readonly owners: readonly OwnerReference[];
  readonly beingDeleted: boolean;
  /** It waits until its dependents are gone, or are orphaned. */
  readonly waitsFor: "deletion" | "orphaning" | undefined;
}

/** What garbage collection keeps: an object's facts; of a pod its metadata, which controllers keep anyway and which says as much. */
export type KeptFacts = OwnerFacts | ObjectMeta;

const NO_OWNERS: readonly OwnerReference[] = Object.freeze([]);

/** The facts that are kept, or that a pod's metadata says. Pure. */
export function factsOf(kept: KeptFacts): OwnerFacts {
  return "resource" in kept ? kept : ownerFacts(pods as ResourceReference, { metadata: kept });
}

/** The facts of an object. Pure. */
export function ownerFacts(resource: ResourceReference, object: ApiObject): OwnerFacts {
  const { uid = "", namespace = "", name = "", ownerReferences, deletionTimestamp } = object.metadata ?? {};
  const beingDeleted = deletionTimestamp !== undefined;
  return {
    resource,
    uid,
    namespace,
    name,
    owners: ownerReferences ?? NO_OWNERS,
    beingDeleted,
    waitsFor: beingDeleted ? waitsFor(object) : undefined,
  };
}

/** What a deleted object's finalizers make it wait for. */
export function waitsFor(object: ApiObject): OwnerFacts["waitsFor"] {
  const finalizers = object.metadata?.finalizers ?? [];
  if (finalizers.includes(ORPHAN_FINALIZER)) return "orphaning";
  return finalizers.includes(FOREGROUND_FINALIZER) ? "deletion" : undefined;
}
