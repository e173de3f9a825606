import { X509Certificate } from "node:crypto";
import { duplicate, type FieldError, invalid, required, tooMany } from "../../../api/field-error.ts";
import type { AuthenticationConfiguration, IssuerConfiguration } from "./configuration.ts";

const MAX_ISSUERS = 64;

/**
 * What is wrong with the file besides its expressions (apiserver validation.ValidateAuthenticationConfiguration).
 * @param disallowedIssuers the issuer of service account tokens: nobody else may speak for it
 */
export function validateAuthentication(
  configuration: AuthenticationConfiguration,
  disallowedIssuers: readonly string[],
): FieldError[] {
  const { jwt = [], anonymous } = configuration;
  if (jwt.length > MAX_ISSUERS) return [tooMany("jwt", jwt.length, MAX_ISSUERS)];
  const errors: FieldError[] = [];
  const [issuers, discovery] = [new Set<string>(), new Set<string>()];
  for (const [index, { issuer }] of jwt.entries()) {
    const path = `jwt[${index}].issuer`;
    errors.push(...issuerErrors(issuer ?? {}, path, disallowedIssuers));
    const { url = "", discoveryURL = "" } = issuer ?? {};
    if (issuers.has(url)) errors.push(duplicate(`${path}.url`, url));
    issuers.add(url);
    if (discoveryURL !== "" && discovery.has(discoveryURL))
      errors.push(duplicate(`${path}.discoveryURL`, discoveryURL));
    discovery.add(discoveryURL);
  }
  if (anonymous !== undefined && anonymous.enabled !== true && (anonymous.conditions ?? []).length > 0) {
    const detail = "enabled should be set to true when conditions are defined";
    errors.push(invalid("anonymous.conditions", anonymous.conditions, detail));
  }
  return errors;
}

function issuerErrors(issuer: Partial<IssuerConfiguration>, path: string, disallowed: readonly string[]): FieldError[] {
  const { url = "", discoveryURL = "", certificateAuthority = "", egressSelectorType = "" } = issuer;
  const errors = url === "" ? [required(`${path}.url`)] : urlErrors(url, `${path}.url`, disallowed);
  if (discoveryURL !== "") {
    if (url !== "" && withoutSlash(url) === withoutSlash(discoveryURL)) {
      errors.push(invalid(`${path}.discoveryURL`, discoveryURL, "discoveryURL must be different from URL"));
    }
    errors.push(...urlErrors(discoveryURL, `${path}.discoveryURL`, []));
  }
  errors.push(...audienceErrors(issuer, path));
  if (certificateAuthority !== "" && !isBundle(certificateAuthority)) {
    const detail = "data does not contain any valid RSA or ECDSA certificates";
    errors.push(invalid(`${path}.certificateAuthority`, "<omitted>", detail));
  }
  if (egressSelectorType !== "") {
    const detail = "egress selector is not supported: the API server reaches issuers directly";
    errors.push(invalid(`${path}.egressSelectorType`, egressSelectorType, detail));
  }
  return errors;
}

function urlErrors(text: string, path: string, disallowed: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  if (disallowed.includes(text)) {
    const detail = `URL must not overlap with disallowed issuers: [${[...disallowed].sort().join(" ")}]`;
    errors.push(invalid(path, text, detail));
  }
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return [...errors, invalid(path, text, "URL scheme must be https")];
  }
  if (url.protocol !== "https:") errors.push(invalid(path, text, "URL scheme must be https"));
  if (url.username !== "" || url.password !== "") {
    errors.push(invalid(path, text, "URL must not contain a username or password"));
  }
  if (url.search !== "") errors.push(invalid(path, text, "URL must not contain a query"));
  if (url.hash !== "") errors.push(invalid(path, text, "URL must not contain a fragment"));
  return errors;
}

function audienceErrors({ audiences = [], audienceMatchPolicy = "" }: Partial<IssuerConfiguration>, path: string) {
  if (audiences.length === 0) {
    return [required(`${path}.audiences`, `at least one ${path}.audiences is required`)];
  }
  const errors: FieldError[] = [];
  for (const [index, audience] of audiences.entries()) {
    if (audience === "") errors.push(required(`${path}.audiences[${index}]`));
    if (audiences.indexOf(audience) < index) errors.push(duplicate(`${path}.audiences[${index}]`, audience));
  }
  const policy = `${path}.audienceMatchPolicy`;
  if (audiences.length > 1 && audienceMatchPolicy !== "MatchAny") {
    errors.push(invalid(policy, audienceMatchPolicy, "audienceMatchPolicy must be MatchAny for multiple audiences"));
  }
  if (audiences.length === 1 && audienceMatchPolicy !== "" && audienceMatchPolicy !== "MatchAny") {
    const detail = "audienceMatchPolicy must be empty or MatchAny for single audience";
    errors.push(invalid(policy, audienceMatchPolicy, detail));
  }
  return errors;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

function isBundle(pem: string): boolean {
  try {
    return new X509Certificate(pem).fingerprint256 !== "";
  } catch {
    return false;
  }
}
