import { errorMessage } from "../../base/assert.ts";
import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { duplicate, type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { CertificateSigningRequest } from "../generated/certificates.k8s.io/v1.ts";
import { columnTexts } from "../generated/column-texts.ts";
import { humanDuration } from "../human-duration.ts";
import { defineKind } from "../kind.ts";
import { parseRequestDocument } from "./request-document.ts";
import { keepDecisions, validateOutcome, validateSigning } from "./request-status.ts";
import { validateSignerName } from "./signer-name.ts";

const LEGACY_SIGNER = "kubernetes.io/legacy-unknown";

const EXPIRATION_MIN = 600;
const USAGES = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
];

export const certificateSigningRequestKind = defineKind<CertificateSigningRequest>({
  group: "certificates.k8s.io",
  version: "v1",
  kind: "CertificateSigningRequest",
  withoutGeneration: true,
  nameRule: "pathSegment",
  prepareForCreate(request) {
    request.status = {};
  },
  prepareForUpdate(request, old) {
    request.spec = old.spec;
  },
  prepareForStatusUpdate: keepDecisions,
  validate: (request, old) => [...validateSpec(request, old), ...validateOutcome(request, old)],
  validateStatusUpdate: (request, old) => [...validateSpec(request, old), ...validateSigning(request, old)],
  columns: [
    nameColumn,
    ageColumn,
    textColumn<CertificateSigningRequest>(
      "SignerName",
      columnTexts["certificates.v1.CertificateSigningRequestSpec.signerName"],
      ({ spec }) => spec?.signerName || "<none>",
    ),
    textColumn<CertificateSigningRequest>(
      "Requestor",
      columnTexts["certificates.v1.CertificateSigningRequestSpec.request"],
      ({ spec }) => spec?.username ?? "",
    ),
    textColumn<CertificateSigningRequest>(
      "RequestedDuration",
      columnTexts["certificates.v1.CertificateSigningRequestSpec.expirationSeconds"],
      ({ spec }) => (spec?.expirationSeconds === undefined ? "<none>" : humanDuration(spec.expirationSeconds * 1000)),
    ),
    textColumn<CertificateSigningRequest>(
      "Condition",
      columnTexts["certificates.v1.CertificateSigningRequestStatus.conditions"],
      condition,
    ),
  ],
  selectableFields: { "spec.signerName": ({ spec }) => spec?.signerName ?? "" },
});

function condition({ status }: CertificateSigningRequest): string {
  const types = new Set((status?.conditions ?? []).map((each) => each.type));
  const state = types.has("Denied") ? "Denied" : types.has("Approved") ? "Approved" : "Pending";
  return `${state}${types.has("Failed") ? ",Failed" : ""}${status?.certificate ? ",Issued" : ""}`;
}

type Request = CertificateSigningRequest;

function validateSpec({ spec }: Request, old?: Request): FieldError[] {
  const errors: FieldError[] = [];
  const request = spec?.request ?? "";
  try {
    parseRequestDocument(Buffer.from(request, "base64").toString("latin1"));
  } catch (error) {
    errors.push(invalid("spec.request", request, errorMessage(error)));
  }
  errors.push(...validateUsages(spec?.usages ?? [], old?.spec?.usages ?? []));
  const name = spec?.signerName ?? "";
  if (name === LEGACY_SIGNER && old?.spec?.signerName !== name) {
    errors.push(invalid("spec.signerName", name, "the legacy signerName is not allowed via this API version"));
  } else errors.push(...validateSignerName(name, "spec.signerName"));
  const seconds = spec?.expirationSeconds;
  if (seconds === undefined || seconds >= EXPIRATION_MIN) return errors;
  const message = "may not specify a duration less than 600 seconds (10 minutes)";
  return [...errors, invalid("spec.expirationSeconds", seconds, message)];
}

function validateUsages(usages: readonly string[], before: readonly string[]): FieldError[] {
  const errors: FieldError[] = usages.length === 0 ? [required("spec.usages")] : [];
  const path = (index: number): string => `spec.usages[${index}]`;
  if (before.every((usage) => USAGES.includes(usage))) {
    usages.forEach((usage, index) => {
      if (!USAGES.includes(usage)) errors.push(notSupported(path(index), usage, USAGES));
    });
  }
  if (new Set(before).size < before.length) return errors;
  usages.forEach((usage, index) => {
    if (usages.indexOf(usage) < index) errors.push(duplicate(path(index), usage));
  });
  return errors;
}
