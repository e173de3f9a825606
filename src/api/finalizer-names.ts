import { type FieldError, invalid } from "./field-error.ts";

/** Names of finalizers that say no owner, because everybody knows them. */
export const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(["kubernetes", "orphan", "foregroundDeletion"]);

/** Groups whose validation upstream asks apimachinery about metadata, which takes finalizers of any name. */
const ANY_NAME: ReadonlySet<string> = new Set([
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "coordination.k8s.io",
  "events.k8s.io",
  "node.k8s.io",
  "policy",
]);

/** A finalizer says whose it is, or is one that everybody knows. */
export function finalizerOwnerErrors(name: string, field: string): FieldError[] {
  if (name.includes("/") || STANDARD_FINALIZERS.has(name)) return [];
  return [invalid(field, name, "name is neither a standard finalizer name nor is it fully qualified")];
}

/** What is wrong with whose the finalizers of a built-in kind are. */
export function validateFinalizerOwners(
  group: string,
  finalizers: readonly string[] | undefined,
  field = "metadata.finalizers",
): FieldError[] {
  if (finalizers === undefined || ANY_NAME.has(group)) return [];
  return finalizers.flatMap((name, index) => finalizerOwnerErrors(name, `${field}[${index}]`));
}
