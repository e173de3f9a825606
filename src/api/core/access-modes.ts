import { type FieldError, forbiddenField, notSupported, required } from "../field-error.ts";

const SHORT: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

/** Access modes as kubectl prints them, e.g. `RWO,ROX`. */
export function formatAccessModes(modes: readonly string[] | undefined): string {
  const given = new Set(modes ?? []);
  return Object.keys(SHORT)
    .filter((mode) => given.has(mode))
    .map((mode) => SHORT[mode]!)
    .join(",");
}

export function validateAccessModes(modes: readonly string[] | undefined, field: string): FieldError[] {
  const list = modes ?? [];
  return list.length === 0 ? [required(field, "at least 1 access mode is required")] : accessModeErrors(list, field);
}

/** What is wrong with access modes, of which there may be none. */
export function accessModeErrors(list: readonly string[], field: string): FieldError[] {
  const errors = list
    .filter((mode) => !Object.hasOwn(SHORT, mode))
    .map((mode) => notSupported(field, mode, Object.keys(SHORT).sort()));
  if (
    list.includes("ReadWriteOncePod") &&
    list.some((mode) => mode !== "ReadWriteOncePod" && Object.hasOwn(SHORT, mode))
  ) {
    errors.push(forbiddenField(field, "may not use ReadWriteOncePod with other access modes"));
  }
  return errors;
}
