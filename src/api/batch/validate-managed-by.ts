import { type FieldError, invalid, tooLong } from "../field-error.ts";
import { dnsSubdomainErrors } from "../names.ts";

const NAME_MAX = 63;

/** What is wrong with the name of who works on a job: `example.com/name`. */
export function validateManagedBy(name: string | undefined, field: string): FieldError[] {
  if (name === undefined) return [];
  const errors: FieldError[] = [];
  const slash = name.indexOf("/");
  const [domain, path] = slash < 0 ? ["", ""] : [name.slice(0, slash), name.slice(slash + 1)];
  if (domain === "" || path === "") {
    errors.push(invalid(field, name, 'must be a domain-prefixed path (such as "acme.io/foo")'));
  } else {
    errors.push(...dnsSubdomainErrors(domain).map((message) => invalid(field, domain, message)));
    if (!/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path)) {
      errors.push(
        invalid(field, path, `Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')`),
      );
    }
  }
  return name.length > NAME_MAX ? [...errors, tooLong(field, NAME_MAX)] : errors;
}
