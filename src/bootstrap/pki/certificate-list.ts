import { X509Certificate } from "node:crypto";
import { readdirSync } from "node:fs";
import { readText } from "./pki-files.ts";

/** One certificate of a PKI directory, as a person wants to see it. */
export interface ListedCertificate {
  /** File name without its ending. */
  readonly name: string;
  readonly subject: string;
  readonly authority: string;
  readonly isAuthority: boolean;
  /** RFC 3339. */
  readonly from: string;
  readonly until: string;
  readonly remainingMs: number;
}

/** All certificates of the directory, by name; what cannot be read is left out of it. */
export function listCertificates(directory: string, nowMs: number): ListedCertificate[] {
  const files = readdirSync(directory).filter((file) => file.endsWith(".crt"));
  return files.sort().flatMap((file) => {
    try {
      return [listed(file.slice(0, -".crt".length), readText(directory, file) ?? "", nowMs)];
    } catch {
      return [];
    }
  });
}

function listed(name: string, pem: string, nowMs: number): ListedCertificate {
  const certificate = new X509Certificate(pem);
  const [from, until] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  return {
    name,
    subject: oneLine(certificate.subject),
    authority: oneLine(certificate.issuer),
    isAuthority: certificate.ca,
    from: new Date(from).toISOString(),
    until: new Date(until).toISOString(),
    remainingMs: until - nowMs,
  };
}

function oneLine(subject: string): string {
  return subject.split("\n").join(", ");
}
