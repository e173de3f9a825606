import { invalids } from "../field-checks.ts";
import { type FieldError, invalid, required, tooLong } from "../field-error.ts";
import { qualifiedNameErrors } from "../names.ts";

const ANNOTATION_BYTES_MAX = 256 * 1024;

/** What is wrong with what a pod tells its signer: annotations by another name, whose keys say whose they are. */
export function validateUserAnnotations(annotations: Readonly<Record<string, string>>, field: string): FieldError[] {
  let bytes = 0;
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(annotations)) {
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
    const lower = key.toLowerCase();
    const wrong = invalids(field, lower, qualifiedNameErrors(lower));
    if (lower === "") errors.push(required(field));
    else if (wrong.length > 0) errors.push(...wrong);
    else if (!lower.includes("/")) {
      errors.push(invalid(field, lower, 'must be a domain-prefixed key (such as "acme.io/foo")'));
    }
  }
  return bytes > ANNOTATION_BYTES_MAX ? [...errors, tooLong(field, ANNOTATION_BYTES_MAX)] : errors;
}
