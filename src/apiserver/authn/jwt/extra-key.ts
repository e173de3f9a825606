import { type FieldError, invalid, required } from "../../../api/field-error.ts";
import { dnsSubdomainErrors } from "../../../api/names.ts";

const PATH = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

/** Whether a key of a user's extra fields is a path behind a domain that is not Kubernetes' own. */
export function qualifiedKeyErrors(key: string, field: string): FieldError[] {
  const errors = [...domainPathErrors(key, field)];
  if (key !== key.toLowerCase()) errors.push(invalid(field, key, "must be lowercase"));
  if (isReserved(key.split("/", 1)[0] ?? "") && key.includes("/")) {
    const detail = "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use";
    errors.push(invalid(field, key, detail));
  }
  return errors;
}

/** As apimachinery's IsDomainPrefixedPath: `acme.io/foo`. */
export function domainPathErrors(key: string, field: string): FieldError[] {
  if (key === "") return [required(field)];
  const slash = key.indexOf("/");
  const [host, path] = slash < 0 ? [key, ""] : [key.slice(0, slash), key.slice(slash + 1)];
  if (host === "" || path === "") {
    return [invalid(field, key, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const errors = dnsSubdomainErrors(host).map((detail) => invalid(field, host, detail));
  if (!PATH.test(path))
    errors.push(invalid(field, path, `Invalid path (regex used for validation is '${PATH.source}')`));
  return errors;
}

function isReserved(domain: string): boolean {
  return ["kubernetes.io", "k8s.io"].some((own) => domain === own || domain.endsWith(`.${own}`));
}
