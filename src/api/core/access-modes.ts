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
  if (list.length === 0) return [required(field, "at least 1 access mode is required")];
  const errors = list
    .filter((mode) => !Object.hasOwn(SHORT, mode))
    .map((mode) => notSupported(field, mode, Object.keys(SHORT).sort()));
  if (list.includes("ReadWriteOncePod") && list.length > 1) {
    errors.push(forbiddenField(field, "may not use ReadWriteOncePod with other access modes"));
  }
  return errors;
}
