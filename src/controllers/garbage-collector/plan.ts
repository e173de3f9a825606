import type { ApiObject, OwnerReference } from "../../api/meta.ts";
import { waitsFor } from "./owner-facts.ts";

/** How an owner stands: it is there, it is gone for good, or it waits for its dependents to go. */
export type OwnerState = "solid" | "absent" | "waiting";

/** What to do with an object that has owners. */
export type DependentPlan =
  | { readonly action: "keep" }
  /** Somebody real still owns it: only the other references go. */
  | { readonly action: "dropReferences"; readonly owners: readonly OwnerReference[] }
  | {
      readonly action: "delete";
      readonly propagationPolicy: "Orphan" | "Background" | "Foreground";
      /** References that would make it wait for an owner that waits for it: they stop blocking first. */
      readonly unblock: boolean;
    };

/**
 * Decides for one dependent.
 * @param object as it is stored now
 * @param states of its owners, by uid
 * @param dependents what it owns itself; whether one of those waits for its own dependents shows a cycle
 */
export function planDependent(
  object: ApiObject,
  states: ReadonlyMap<string, OwnerState>,
  dependents: readonly { waitsFor: "deletion" | "orphaning" | undefined }[],
): DependentPlan {
  const owners = object.metadata?.ownerReferences ?? [];
  if (owners.length === 0) return { action: "keep" };
  const solid = owners.filter((owner) => states.get(owner.uid) === "solid");
  if (solid.length === owners.length) return { action: "keep" };
  if (solid.length > 0) return { action: "dropReferences", owners: solid };
  const awaited = owners.some((owner) => states.get(owner.uid) === "waiting");
  if (awaited && dependents.length > 0) {
    const unblock = dependents.some((dependent) => dependent.waitsFor === "deletion");
    return { action: "delete", propagationPolicy: "Foreground", unblock };
  }
  return { action: "delete", propagationPolicy: policyOf(object), unblock: false };
}

/** The policy that the object's finalizers ask for. */
function policyOf(object: ApiObject): "Orphan" | "Background" | "Foreground" {
  const wish = waitsFor(object);
  if (wish === "orphaning") return "Orphan";
  return wish === "deletion" ? "Foreground" : "Background";
}
