import { type FieldError, invalid, required, tooLong } from "../field-error.ts";
import { dnsLabelErrors, dnsSubdomainErrors } from "../names.ts";

const DOMAIN_MAX = 253;
/** A domain, a slash, and a namespace and name with a dot between. */
const SIGNER_NAME_MAX = DOMAIN_MAX + 1 + 63 + 1 + DOMAIN_MAX;

/** What is wrong with `domain/path`: a fully qualified domain and what it signs. */
export function validateSignerName(name: string, field: string): FieldError[] {
  if (name === "") return [required(field)];
  const [domain = "", path, ...more] = name.split("/");
  if (path === undefined || more.length > 0) {
    return [invalid(field, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  }
  const labels = domain.split(".");
  const errors: FieldError[] = domain.length > DOMAIN_MAX ? [tooLong(field, DOMAIN_MAX)] : [];
  errors.push(...firstWrong(labels, dnsLabelErrors, { field, value: domain }));
  if (labels.length < 2) {
    errors.push(invalid(field, domain, "should be a domain with at least two segments separated by dots"));
  }
  errors.push(...firstWrong(path.split("."), dnsSubdomainErrors, { field, value: path }));
  return name.length > SIGNER_NAME_MAX ? [...errors, tooLong(field, SIGNER_NAME_MAX)] : errors;
}

/** Of a domain's labels the first that is wrong is told: the others are mostly wrong for the same reason. */
function firstWrong(
  labels: readonly string[],
  rule: (label: string) => string[],
  { field, value }: { field: string; value: string },
): FieldError[] {
  const label = labels.find((each) => rule(each).length > 0);
  if (label === undefined) return [];
  return rule(label).map((message) => invalid(field, value, `validating label ${JSON.stringify(label)}: ${message}`));
}

/** Whether the signer is one of Kubernetes' own. */
export function isKubernetesSigner(name: string): boolean {
  const [host = ""] = name.split("/");
  return host === "kubernetes.io" || host.endsWith(".kubernetes.io");
}
