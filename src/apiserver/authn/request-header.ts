import type { IncomingHttpHeaders } from "node:http";
import type { Clock } from "../../base/clock.ts";
import { type Authenticator, BadCredentialsError } from "./authenticator.ts";
import { type Authorities, anchorOf, checkCertificate } from "./certificate.ts";

/** Who may say whom a request comes from, and in which headers (`--requestheader-…`). */
export interface RequestHeaderOptions {
  readonly authorities: Authorities;
  /** Common names of the certificates; any when empty. */
  readonly allowedNames: readonly string[];
  readonly usernameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
}

/** A proxy with a certificate of the front-proxy authority is believed what it says in headers; nobody else is. */
export function requestHeaderAuthenticator(options: RequestHeaderOptions, clock: Clock): Authenticator {
  const { allowedNames } = options;
  return {
    name: "requestHeader",
    authenticate({ headers, certificate }) {
      if (certificate === undefined || anchorOf(certificate, options.authorities()) < 0) return undefined;
      const name = first(headers, options.usernameHeaders);
      if (name === undefined) return undefined;
      checkCertificate(certificate, options.authorities(), { nowMs: clock.now() });
      if (allowedNames.length > 0 && !allowedNames.includes(certificate.commonName)) {
        throw new BadCredentialsError(`x509: subject with cn=${certificate.commonName} is not in the allowed list`);
      }
      const uid = first(headers, options.uidHeaders);
      const extra = extraOf(headers, options.extraHeaderPrefixes);
      return {
        name,
        ...(uid === undefined ? {} : { uid }),
        groups: options.groupHeaders.flatMap((header) => valuesOf(headers[header.toLowerCase()])),
        ...(Object.keys(extra).length === 0 ? {} : { extra }),
      };
    },
  };
}

function first(headers: IncomingHttpHeaders, names: readonly string[]): string | undefined {
  for (const name of names) {
    const [value] = valuesOf(headers[name.toLowerCase()]);
    if (value !== undefined) return value;
  }
  return undefined;
}

function extraOf(headers: IncomingHttpHeaders, prefixes: readonly string[]): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const prefix of prefixes.map((each) => each.toLowerCase())) {
    for (const [header, value] of Object.entries(headers)) {
      if (!header.startsWith(prefix)) continue;
      const key = unescaped(header.slice(prefix.length));
      extra[key] = [...(extra[key] ?? []), ...valuesOf(value)];
    }
  }
  return extra;
}

/** Values that are not there are not empty names. */
export function valuesOf(header: string | string[] | undefined): string[] {
  if (header === undefined) return [];
  return [header].flat().filter((value) => value.trim() !== "");
}

/** Keys of extra fields are percent-encoded, since header names cannot hold everything. */
export function unescaped(key: string): string {
  try {
    return decodeURIComponent(key).toLowerCase();
  } catch {
    return key.toLowerCase();
  }
}
