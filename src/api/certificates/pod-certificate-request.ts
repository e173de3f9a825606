import { invalids } from "../field-checks.ts";
import { type FieldError, invalid, required, tooLong } from "../field-error.ts";
import type { PodCertificateRequest, PodCertificateRequestSpec } from "../generated/certificates.k8s.io/v1beta1.ts";
import { defineKind } from "../kind.ts";
import { dnsSubdomainErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { validateSubjectKey } from "./pod-certificate-key.ts";
import { validateIssue } from "./pod-certificate-status.ts";
import { isKubernetesSigner, validateSignerName } from "./signer-name.ts";
import { validateUserAnnotations } from "./user-annotations.ts";

const UID_BYTES_MAX = 128;
const EXPIRATION_DEFAULT = 24 * 3600;
const EXPIRATION_MIN = 3600;
const EXPIRATION_MAX = 91 * 24 * 3600;

type Spec = Partial<PodCertificateRequestSpec>;

export const podCertificateRequestKind = defineKind<PodCertificateRequest>({
  group: "certificates.k8s.io",
  version: "v1beta1",
  kind: "PodCertificateRequest",
  refusesUnconditionalUpdate: true,
  withoutGeneration: true,
  setDefaults({ spec }) {
    if (spec !== undefined) spec.maxExpirationSeconds ??= EXPIRATION_DEFAULT;
  },
  prepareForCreate(request) {
    request.status = {};
  },
  // What is asked never changes: it is looked at once.
  validateCreate: ({ spec = {} }) => [...validateSpec(spec), ...validateExpiration(spec)],
  validateUpdate: (request, old) => immutable(request.spec, old.spec, "spec"),
  statusKeepsMetadata: true,
  validateStatusUpdate: validateIssue,
  selectableFields: {
    "spec.nodeName": ({ spec }) => spec?.nodeName ?? "",
    "spec.podName": ({ spec }) => spec?.podName ?? "",
    "spec.signerName": ({ spec }) => spec?.signerName ?? "",
  },
});

function validateSpec(spec: Spec): FieldError[] {
  const errors = validateSignerName(spec.signerName ?? "", "spec.signerName");
  errors.push(...validateUserAnnotations(spec.unverifiedUserAnnotations ?? {}, "spec.unverifiedUserAnnotations"));
  for (const about of ["pod", "serviceAccount", "node"] as const) {
    const name = spec[`${about}Name`] ?? "";
    errors.push(...invalids(`spec.${about}Name`, name, dnsSubdomainErrors(name)));
    const uid = spec[`${about}UID`] ?? "";
    if (uid === "") errors.push(invalid(`spec.${about}UID`, uid, "must not be empty"));
    if (Buffer.byteLength(uid) > UID_BYTES_MAX) errors.push(tooLong(`spec.${about}UID`, UID_BYTES_MAX));
  }
  return errors;
}

/** How long the certificate may last; without that the key is not looked at. */
function validateExpiration(spec: Spec): FieldError[] {
  const field = "spec.maxExpirationSeconds";
  const { maxExpirationSeconds: seconds, signerName = "" } = spec;
  if (seconds === undefined) return [required(field, "must be set")];
  // Signers of Kubernetes itself never issue for longer than a day.
  const max = isKubernetesSigner(signerName) ? EXPIRATION_DEFAULT : EXPIRATION_MAX;
  const isWrong = seconds < EXPIRATION_MIN || seconds > max;
  const errors = isWrong ? [invalid(field, seconds, `must be in the range [${EXPIRATION_MIN}, ${max}]`)] : [];
  return [...errors, ...validateSubjectKey(spec)];
}
