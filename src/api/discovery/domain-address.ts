import { type FieldError, invalid, required } from "../field-error.ts";
import { dnsLabelErrors, dnsSubdomainErrors } from "../names.ts";

/** What is wrong with a whole domain name, which may end in a dot. */
export function validateDomainAddress(address: string, field: string): FieldError[] {
  if (address === "") return [required(field)];
  const name = address.replace(/\.$/, "");
  const wrong = dnsSubdomainErrors(name);
  if (wrong.length > 0) return [invalid(field, name, wrong.join(","))];
  const labels = name.split(".");
  if (labels.length < 2) {
    return [invalid(field, name, "should be a domain with at least two segments separated by dots")];
  }
  const label = labels.find((each) => dnsLabelErrors(each).length > 0);
  return label === undefined ? [] : [invalid(field, label, dnsLabelErrors(label).join(","))];
}
