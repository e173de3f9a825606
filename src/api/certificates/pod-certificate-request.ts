import { named, requiredText } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required, tooLong } from "../field-error.ts";
import type { PodCertificateRequest } from "../generated/certificates.k8s.io/v1beta1.ts";
import { defineKind } from "../kind.ts";
import { dnsSubdomainErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { equalJson } from "../patch/json-value.ts";
import { validateSignerName } from "./certificate-signing-request.ts";

const UID_BYTES_MAX = 128;
const EXPIRATION_DEFAULT = 24 * 3600;
const EXPIRATION_MIN = 3600;
const EXPIRATION_MAX = 91 * 24 * 3600;
const OUTCOMES = ["Denied", "Failed", "Issued"];

export const podCertificateRequestKind = defineKind<PodCertificateRequest>({
  group: "certificates.k8s.io",
  version: "v1beta1",
  kind: "PodCertificateRequest",
  refusesUnconditionalUpdate: true,
  setDefaults({ spec }) {
    if (spec !== undefined) spec.maxExpirationSeconds ??= EXPIRATION_DEFAULT;
  },
  prepareForCreate(request) {
    request.status = {};
  },
  validate: validateRequest,
  validateUpdate: (request, old) => immutable(request.spec, old.spec, "spec"),
  validateStatusUpdate: validateStatus,
  selectableFields: {
    "spec.nodeName": ({ spec }) => spec?.nodeName ?? "",
    "spec.podName": ({ spec }) => spec?.podName ?? "",
    "spec.signerName": ({ spec }) => spec?.signerName ?? "",
  },
});

function validateRequest({ spec }: PodCertificateRequest): FieldError[] {
  const errors = validateSignerName(spec?.signerName ?? "", "spec.signerName");
  for (const key of ["podName", "serviceAccountName", "nodeName"] as const) {
    errors.push(...named(spec?.[key], dnsSubdomainErrors, `spec.${key}`));
  }
  for (const key of ["podUID", "serviceAccountUID", "nodeUID"] as const) {
    errors.push(...requiredText(spec?.[key], `spec.${key}`, "must not be empty"));
    if (Buffer.byteLength(spec?.[key] ?? "") > UID_BYTES_MAX) errors.push(tooLong(`spec.${key}`, UID_BYTES_MAX));
  }
  const seconds = spec?.maxExpirationSeconds;
  if (seconds === undefined) errors.push(required("spec.maxExpirationSeconds"));
  else {
    // Signers of Kubernetes itself never issue for longer than a day.
    const max = spec.signerName?.startsWith("kubernetes.io/") ? EXPIRATION_DEFAULT : EXPIRATION_MAX;
    if (seconds < EXPIRATION_MIN || seconds > max) {
      errors.push(invalid("spec.maxExpirationSeconds", seconds, `must be in the range [${EXPIRATION_MIN}, ${max}]`));
    }
  }
  const { pkixPublicKey, proofOfPossession, stubPKCS10Request } = spec ?? {};
  if (!stubPKCS10Request) {
    errors.push(...requiredText(pkixPublicKey, "spec.pkixPublicKey"));
    errors.push(...requiredText(proofOfPossession, "spec.proofOfPossession"));
  } else if (pkixPublicKey || proofOfPossession) {
    const message = "may not be specified together with stubPKCS10Request";
    errors.push(forbiddenField(pkixPublicKey ? "spec.pkixPublicKey" : "spec.proofOfPossession", message));
  }
  return errors;
}

function validateStatus({ spec, status }: PodCertificateRequest, old: PodCertificateRequest): FieldError[] {
  const errors = immutable(spec, old.spec, "spec");
  const outcomes = (status?.conditions ?? []).filter(({ type }) => OUTCOMES.includes(type));
  (status?.conditions ?? []).forEach(({ type, status: value }, index) => {
    const field = `status.conditions[${index}]`;
    if (!OUTCOMES.includes(type)) errors.push(notSupported(`${field}.type`, type, ["Issued", "Denied", "Failed"]));
    else if (value !== "True") errors.push(notSupported(`${field}.status`, value, ["True"]));
  });
  if (outcomes.length > 1) {
    const message = 'There may be at most one condition with type "Issued", "Denied", or "Failed"';
    errors.push(invalid("status.conditions", outcomes.length, message));
  }
  const isDecided = (old.status?.conditions ?? []).some(({ type }) => OUTCOMES.includes(type));
  if (isDecided && !equalJson(status, old.status)) {
    errors.push(...immutable(status, old.status, "status", "immutable after being issued, denied, or failed"));
  }
  const isIssued = outcomes.some(({ type }) => type === "Issued");
  if (isIssued && !status?.certificateChain) {
    errors.push(required("status.certificateChain", "must be set when the request is issued"));
  }
  if (!isIssued && status?.certificateChain) {
    errors.push(forbiddenField("status.certificateChain", "may only be set when the request is issued"));
  }
  return errors;
}
