import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
} from "../../api/generated/certificates.k8s.io/v1.ts";
import { formatTime } from "../../base/clock.ts";

/** Whether the request has a condition of this type, whatever its status: they are never false. */
export function hasCondition({ status }: CertificateSigningRequest, type: string): boolean {
  return (status?.conditions ?? []).some((condition) => condition.type === type);
}

export function withCondition(
  request: CertificateSigningRequest,
  told: { type: string; reason: string; message: string },
  nowMs: number,
): CertificateSigningRequest {
  const time = formatTime(nowMs);
  const condition: CertificateSigningRequestCondition = {
    ...told,
    status: "True",
    lastUpdateTime: time,
    lastTransitionTime: time,
  };
  return { ...request, status: { ...request.status, conditions: [...(request.status?.conditions ?? []), condition] } };
}
