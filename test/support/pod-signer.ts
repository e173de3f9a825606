import { createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import type { PodCertificateRequest } from "../../src/api/generated/certificates.k8s.io/v1beta1.ts";
import { formatTime } from "../../src/base/clock.ts";
import { children } from "../../src/base/der.ts";
import { systemRandom } from "../../src/base/random.ts";
import { issueCertificate } from "../../src/bootstrap/pki/issue-certificate.ts";

const DAY_MS = 24 * 3_600_000;

/** A signer of pods' certificates, as people write them: it issues what is asked for, to the pod that the node vouches for. */
export interface PodSigner {
  /** PEM of its authority. */
  readonly authority: string;
  /** The status that issues the request; half of the certificate's life later a new one is to be asked for. */
  issue(request: PodCertificateRequest, nowMs: number): NonNullable<PodCertificateRequest["status"]>;
}

export function createPodSigner(nowMs: number): PodSigner {
  const { privateKey: key, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const validity = { notBefore: nowMs - DAY_MS, notAfter: nowMs + 30 * DAY_MS };
  const wanted = { subject: { commonName: "example" }, publicKey, usage: "authority" as const, ...validity };
  const authority = issueCertificate(wanted, { key }, systemRandom);
  const issuer = { key, certificate: new X509Certificate(authority).raw };
  return {
    authority,
    issue({ spec }, now) {
      const beginMs = Math.floor(now / 1000) * 1000;
      const endMs = beginMs + (spec.maxExpirationSeconds ?? 0) * 1000;
      const [body] = children(Buffer.from(spec.stubPKCS10Request, "base64"));
      const own = createPublicKey({ key: children(body!)[2]!, format: "der", type: "spki" });
      const subject = { commonName: spec.podName };
      const usage = spec.podName === "server" ? "server" : "client";
      const leaf = {
        subject,
        publicKey: own,
        notBefore: beginMs,
        notAfter: endMs,
        names: [spec.podName],
        usage,
      } as const;
      return {
        conditions: [
          { type: "Issued", status: "True", reason: "Issued", message: "", lastTransitionTime: formatTime(beginMs) },
        ],
        certificateChain: issueCertificate(leaf, issuer, systemRandom),
        notBefore: formatTime(beginMs),
        beginRefreshAt: formatTime(beginMs + (endMs - beginMs) / 2),
        notAfter: formatTime(endMs),
      };
    },
  };
}
