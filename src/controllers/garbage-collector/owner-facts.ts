import type { ApiObject, OwnerReference } from "../../api/meta.ts";
import type { DiscoveredResource } from "../discovery.ts";

export const FOREGROUND_FINALIZER = "foregroundDeletion";
export const ORPHAN_FINALIZER = "orphan";

/** What garbage collection keeps of an object of any kind. */
export interface OwnerFacts {
  readonly resource: DiscoveredResource;
  readonly uid: string;
  /** Empty for objects without one. */
  readonly namespace: string;
  readonly name: string;
  readonly owners: readonly OwnerReference[];
  readonly beingDeleted: boolean;
  /** It waits until its dependents are gone, or are orphaned. */
  readonly waitsFor: "deletion" | "orphaning" | undefined;
}

const NO_OWNERS: readonly OwnerReference[] = Object.freeze([]);

/** The facts of an object. Pure. */
export function ownerFacts(resource: DiscoveredResource, object: ApiObject): OwnerFacts {
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
