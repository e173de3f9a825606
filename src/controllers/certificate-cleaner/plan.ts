import { X509Certificate } from "node:crypto";
import type { CertificateSigningRequest } from "../../api/generated/certificates.k8s.io/v1.ts";

const HOUR_MS = 60 * 60 * 1000;
/** How long a request stays for people to see, by what became of it (pkg/controller/certificates/cleaner). */
const STAYS_MS: Readonly<Record<string, number>> = { Denied: HOUR_MS, Failed: HOUR_MS };
const ISSUED_STAYS_MS = HOUR_MS;
const PENDING_STAYS_MS = 24 * HOUR_MS;

/** When the request is to be removed, in milliseconds since the epoch; undefined when nothing is known yet. Pure. */
export function removedAtMs(request: CertificateSigningRequest): number | undefined {
  const { conditions = [], certificate = "" } = request.status ?? {};
  const moments: number[] = [];
  for (const { type, lastUpdateTime } of conditions) {
    const staysMs = type === "Approved" && certificate !== "" ? ISSUED_STAYS_MS : STAYS_MS[type];
    if (staysMs !== undefined && lastUpdateTime) moments.push(Date.parse(lastUpdateTime) + staysMs);
  }
  const createdAt = request.metadata?.creationTimestamp;
  if (conditions.length === 0 && createdAt !== undefined) moments.push(Date.parse(createdAt) + PENDING_STAYS_MS);
  const expiresAt = expiryMs(certificate);
  if (expiresAt !== undefined) moments.push(expiresAt);
  return moments.length === 0 ? undefined : Math.min(...moments);
}

/** When the issued certificate ends; a status that holds none that can be read never does. */
function expiryMs(base64: string): number | undefined {
  if (base64 === "") return undefined;
  try {
    return Date.parse(new X509Certificate(Buffer.from(base64, "base64")).validTo);
  } catch {
    return undefined;
  }
}
