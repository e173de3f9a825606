import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { CertificatePair } from "../bootstrap/pki/ensure-pki.ts";
import { issueCertificate } from "../bootstrap/pki/issue-certificate.ts";
import type { SignCertificate } from "../controllers/certificate-signing/sign.ts";

/** Clocks of machines differ a little. */
const BACKDATE_MS = 5 * 60 * 1000;

/** Signs certificate requests with the cluster's authority. Nothing outlives the authority's own certificate. */
export function authoritySigner(authority: CertificatePair, by: { clock: Clock; random: Random }): SignCertificate {
  const key = createPrivateKey(authority.key);
  const certificate = new X509Certificate(authority.certificate);
  return ({ document, purpose, isForEncipherment, lifetimeMs }) => {
    const now = by.clock.now();
    return issueCertificate(
      {
        subject: document.subject,
        publicKey: document.publicKey,
        names: document.names,
        addresses: document.addresses,
        usage: purpose,
        isForEncipherment,
        notBefore: now - BACKDATE_MS,
        notAfter: Math.min(now + lifetimeMs, Date.parse(certificate.validTo)),
      },
      { key, certificate: certificate.raw },
      by.random,
    );
  };
}
