import type { KeyObject, X509Certificate } from "node:crypto";
import type { LeafDefinition } from "./certificate-table.ts";
import type { Subject } from "./issue-certificate.ts";

/** Whether a certificate has lived through two thirds of its time, or has not begun it. */
export function isWorn(certificate: X509Certificate, nowMs: number): boolean {
  const from = Date.parse(certificate.validFrom);
  const until = Date.parse(certificate.validTo);
  return nowMs < from || until - nowMs < (until - from) / 3;
}

/** Whether a leaf still says what it should, is signed by its authority and is not about to expire. */
export function isCurrentLeaf(
  leaf: { certificate: X509Certificate; key: KeyObject },
  definition: LeafDefinition,
  authority: { certificate: X509Certificate; nowMs: number },
): boolean {
  const { certificate } = leaf;
  return (
    !isWorn(certificate, authority.nowMs) &&
    certificate.subject === subjectText(definition.subject) &&
    (definition.names ?? []).every((name) => certificate.checkHost(name, { subject: "never" }) !== undefined) &&
    (definition.addresses ?? []).every((address) => certificate.checkIP(address) !== undefined) &&
    certificate.checkPrivateKey(leaf.key) &&
    // Names and key identifiers; the signature itself is our own work in our own directory.
    certificate.checkIssued(authority.certificate)
  );
}

/** The subject as X509Certificate.subject prints it for our own certificates. */
function subjectText(subject: Subject): string {
  const organizations = (subject.organizations ?? []).map((organization) => `O=${organization}`);
  return [...organizations, `CN=${subject.commonName}`].join("\n");
}
