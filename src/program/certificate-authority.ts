import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { issueCertificate } from "../bootstrap/pki/issue-certificate.ts";
import type { SignCertificate } from "../controllers/certificate-signing/sign.ts";
import type { ClusterAuthority } from "./authority-source.ts";

/** Clocks of machines differ a little. */
const BACKDATE_MS = 5 * 60 * 1000;

/**
 * Signs certificate requests with the cluster's authority, whichever that is at the time. Nothing outlives the authority's own
 * certificate.
 */
export function authoritySigner(
  authority: () => ClusterAuthority,
  by: { clock: Clock; random: Random },
): SignCertificate {
  return ({ document, purpose, isForEncipherment, lifetimeMs }) => {
    const now = by.clock.now();
    const { certificate: pem, key } = authority();
    const certificate = new X509Certificate(pem);
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
      { key: createPrivateKey(key ?? ""), certificate: certificate.raw },
      by.random,
    );
  };
}
