import { type FieldError, invalid } from "../field-error.ts";

/** A path without a part that climbs up. */
export function validateNoBacksteps(path: string, field: string, shown: unknown = path): FieldError[] {
  return path.split("/").includes("..") ? [invalid(field, shown, "must not contain '..'")] : [];
}

/** A relative path that cannot climb out. */
export function validateRelativePath(path: string, field: string): FieldError[] {
  const absolute = path.startsWith("/") ? [invalid(field, path, "must be a relative path")] : [];
  return [...absolute, ...validateNoBacksteps(path, field)];
}

/** A path inside a volume: relative, without `..`, and its first part does not start with two dots. */
export function validateFilePath(path: string, field: string): FieldError[] {
  const errors = validateRelativePath(path, field);
  if (path.startsWith("..") && !path.startsWith("../")) errors.push(invalid(field, path, "must not start with '..'"));
  return errors;
}
