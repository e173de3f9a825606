import { type FieldError, invalid, tooLong } from "../field-error.ts";
import { cIdentifierErrors, dnsSubdomainErrors, maxLengthMessage } from "../names.ts";

const DRIVER_MAX = 63;
const POOL_MAX = 253;
const IDENTIFIER_MAX = 32;

/** A driver of devices: a DNS subdomain. */
export function driverErrors(name: string): string[] {
  return name.length > DRIVER_MAX ? [maxLengthMessage(DRIVER_MAX)] : dnsSubdomainErrors(name.toLowerCase());
}

/** A pool of devices: DNS subdomains with slashes between them. */
export function poolErrors(name: string): string[] {
  if (name.length > POOL_MAX) return [maxLengthMessage(POOL_MAX)];
  return name.split("/").flatMap(dnsSubdomainErrors);
}

/** `model` or `example.com/model`. */
export function validateQualifiedName(name: string, field: string): FieldError[] {
  const parts = name.split("/");
  if (parts.length === 1) return validateIdentifier(name, field);
  if (parts.length > 2) return [invalid(field, name, "must not contain more than one slash")];
  const [domain = "", identifier = ""] = parts;
  return [
    ...(domain === ""
      ? [invalid(field, "", "the domain must not be empty")]
      : driverErrors(domain).map((why) => invalid(field, domain, why))),
    ...(identifier === "" ? [invalid(field, "", "the name must not be empty")] : validateIdentifier(identifier, field)),
  ];
}

/** `example.com/model`. */
export function validateFullyQualifiedName(name: string, field: string): FieldError[] {
  const errors = validateQualifiedName(name, field);
  if (name.includes("/")) return errors;
  const message = "a fully qualified name must be a domain and a name separated by a slash";
  return [...errors, invalid(field, name, message)];
}

function validateIdentifier(identifier: string, field: string): FieldError[] {
  const errors: FieldError[] = identifier.length > IDENTIFIER_MAX ? [tooLong(field, IDENTIFIER_MAX)] : [];
  return [...errors, ...cIdentifierErrors(identifier).map((why) => invalid(field, identifier, why))];
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What is wrong with the name of a share of a device, where there is one. */
export function shareErrors(id: string | undefined): string[] {
  if (id === undefined || UUID.test(id)) return [];
  return [
    "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters",
  ];
}
