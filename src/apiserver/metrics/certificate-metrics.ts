import { X509Certificate } from "node:crypto";
import type { CertificateSigningRequest } from "../../api/generated/certificates.k8s.io/v1.ts";
import type { Metrics } from "../../base/metrics.ts";

const LABELS = ["signerName"];
const PREFIX = "apiserver_certificates_registry_csr_";
const SLICED = "sliced by signer (only kubernetes.io signer names are specifically identified)";
/** Certificates begin a little early. */
const BACKDATED_SECONDS = 5 * 60;

/** Counts whether signers give certificates for as long as was asked. Called with each request that was changed. */
export function certificateMetrics(
  metrics: Metrics,
): (request: CertificateSigningRequest, before: CertificateSigningRequest) => void {
  const requested = metrics.counter(
    `${PREFIX}requested_duration_total`,
    `[ALPHA] Total number of issued CSRs with a requested duration, ${SLICED}`,
    LABELS,
  );
  const honored = metrics.counter(
    `${PREFIX}honored_duration_total`,
    `[ALPHA] Total number of issued CSRs with a requested duration that was honored, ${SLICED}`,
    LABELS,
  );
  return ({ status }, before) => {
    const { expirationSeconds: wantedSeconds, signerName = "" } = before.spec ?? {};
    const isIssuedNow = (before.status?.certificate ?? "") === "" && (status?.certificate ?? "") !== "";
    if (wantedSeconds === undefined || !isIssuedNow) return;
    const signer = signerName.startsWith("kubernetes.io/") ? signerName : "other";
    requested.labels(signer).inc();
    const gotSeconds = lifetimeSeconds(Buffer.from(status!.certificate!, "base64"));
    if (gotSeconds === undefined) return;
    const isHonored = Math.abs(wantedSeconds - gotSeconds) < BACKDATED_SECONDS + wantedSeconds / 20;
    if (isHonored) honored.labels(signer).inc();
  };
}

function lifetimeSeconds(pem: Buffer): number | undefined {
  try {
    const { validFrom, validTo } = new X509Certificate(pem);
    return (Date.parse(validTo) - Date.parse(validFrom)) / 1000;
  } catch {
    return undefined;
  }
}
