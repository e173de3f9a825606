import { joined } from "../../base/joined.ts";
import { requiredText } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type { KeyToPath, Volume } from "../generated/core/v1.ts";
import { validateFieldReference, validateResourceReference } from "./validate-environment.ts";
import { validateFilePath } from "./validate-path.ts";

const FILE_MODE_MESSAGE = "must be a number between 0 and 0777 (octal), both inclusive";

export function validateFileMode(mode: number | undefined, field: string): FieldError[] {
  return mode !== undefined && (mode < 0 || mode > 0o777) ? [invalid(field, mode, FILE_MODE_MESSAGE)] : [];
}

/** What is wrong with keys of a Secret or ConfigMap and the files they become. */
export function validateItems(items: readonly KeyToPath[] | undefined, field: string): FieldError[] {
  return (items ?? []).flatMap((item, index) => validateItem(item, `${field}[${index}]`));
}

export function validateItem(item: KeyToPath, field: string): FieldError[] {
  return joined(
    requiredText(item.key, `${field}.key`),
    requiredText(item.path, `${field}.path`),
    validateFilePath(item.path ?? "", `${field}.path`),
    validateFileMode(item.mode, `${field}.mode`),
  );
}

type DownwardItem = NonNullable<NonNullable<Volume["downwardAPI"]>["items"]>[number];

/** What is wrong with files that tell of the pod. Upstream names no index. */
export function validateDownwardItems(items: readonly DownwardItem[] | undefined, field: string): FieldError[] {
  return (items ?? []).flatMap((item) => validateDownwardItem(item, field));
}

export function validateDownwardItem(item: DownwardItem, field: string): FieldError[] {
  const errors = requiredText(item.path, `${field}.path`);
  errors.push(...validateFilePath(item.path ?? "", `${field}.path`));
  if (item.fieldRef !== undefined) {
    errors.push(...validateFieldReference(item.fieldRef, `${field}.fieldRef`, "volume"));
    if (item.resourceFieldRef !== undefined) {
      errors.push(invalid(field, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"));
    }
  } else if (item.resourceFieldRef !== undefined) {
    errors.push(...validateResourceReference(item.resourceFieldRef, `${field}.resourceFieldRef`, true));
  } else errors.push(required(field, "one of fieldRef and resourceFieldRef is required"));
  return joined(errors, validateFileMode(item.mode, `${field}.mode`));
}
