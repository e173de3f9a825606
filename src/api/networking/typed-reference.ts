import { invalids } from "../field-checks.ts";
import { type FieldError, required } from "../field-error.ts";
import { dnsSubdomainErrors, pathSegmentErrors } from "../names.ts";

/** What is wrong with a reference to an object of any kind. */
export function validateTypedReference(
  { apiGroup, kind, name }: { apiGroup?: string | null; kind: string; name: string },
  field: string,
): FieldError[] {
  const errors =
    typeof apiGroup !== "string" ? [] : invalids(`${field}.apiGroup`, apiGroup, dnsSubdomainErrors(apiGroup));
  for (const [key, value] of Object.entries({ kind, name })) {
    if (!value) errors.push(required(`${field}.${key}`, `${key} is required`));
    else errors.push(...invalids(`${field}.${key}`, value, pathSegmentErrors(value)));
  }
  return errors;
}
