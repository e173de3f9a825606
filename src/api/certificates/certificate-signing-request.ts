import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { CertificateSigningRequest } from "../generated/certificates.k8s.io/v1.ts";
import { humanDuration } from "../human-duration.ts";
import { defineKind } from "../kind.ts";
import { dnsSubdomainErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";

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
  nameRule: "dnsSubdomain",
  prepareForCreate(request) {
    request.status = {};
  },
  prepareForUpdate(request, old) {
    request.spec = old.spec;
  },
  validate: validateRequest,
  validateUpdate: (request, old) => immutable(request.spec, old.spec, "spec"),
  validateStatusUpdate: validateStatusUpdate,
  columns: [
    nameColumn,
    ageColumn,
    textColumn<CertificateSigningRequest>(
      "SignerName",
      "The requested signer.",
      ({ spec }) => spec?.signerName || "<none>",
    ),
    textColumn<CertificateSigningRequest>(
      "Requestor",
      "The name of the user that created the request.",
      ({ spec }) => spec?.username ?? "",
    ),
    textColumn<CertificateSigningRequest>(
      "RequestedDuration",
      "The requested duration of validity of the issued certificate.",
      ({ spec }) => (spec?.expirationSeconds === undefined ? "<none>" : humanDuration(spec.expirationSeconds * 1000)),
    ),
    textColumn<CertificateSigningRequest>("Condition", "Conditions applied to the request.", condition),
  ],
  selectableFields: { "spec.signerName": ({ spec }) => spec?.signerName ?? "" },
});

function condition({ status }: CertificateSigningRequest): string {
  const types = new Set((status?.conditions ?? []).map((each) => each.type));
  const state = types.has("Denied") ? "Denied" : types.has("Approved") ? "Approved" : "Pending";
  return `${state}${types.has("Failed") ? ",Failed" : ""}${status?.certificate ? ",Issued" : ""}`;
}

function validateRequest({ spec }: CertificateSigningRequest): FieldError[] {
  const errors: FieldError[] = [];
  const pem = Buffer.from(spec?.request ?? "", "base64").toString("latin1");
  if (!/-----BEGIN (NEW )?CERTIFICATE REQUEST-----/.test(pem)) {
    errors.push(invalid("spec.request", spec?.request ?? "", "PEM block type must be CERTIFICATE REQUEST"));
  }
  const usages = spec?.usages ?? [];
  if (usages.length === 0) errors.push(required("spec.usages"));
  usages.forEach((usage, index) => {
    if (!USAGES.includes(usage)) errors.push(notSupported(`spec.usages[${index}]`, usage, USAGES));
    if (usages.indexOf(usage) < index) {
      errors.push({
        reason: "FieldValueDuplicate",
        field: `spec.usages[${index}]`,
        message: `Duplicate value: "${usage}"`,
      });
    }
  });
  const seconds = spec?.expirationSeconds;
  if (seconds !== undefined && seconds < 600) {
    errors.push(
      invalid("spec.expirationSeconds", seconds, "may not specify a duration less than 600 seconds (10 minutes)"),
    );
  }
  return [...errors, ...validateSignerName(spec?.signerName ?? "", "spec.signerName")];
}

/** `domain/path`: a fully qualified domain and what it signs. */
export function validateSignerName(name: string, field: string): FieldError[] {
  if (name === "") return [required(field)];
  const [domain = "", path, ...more] = name.split("/");
  if (path === undefined || more.length > 0) {
    return [invalid(field, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  }
  const errors = dnsSubdomainErrors(domain).map((message) =>
    invalid(field, name, `validating label "${domain}": ${message}`),
  );
  if (!domain.includes("."))
    errors.push(invalid(field, name, "should be a domain with at least two segments separated by dots"));
  if (path === "") errors.push(invalid(field, name, 'validating label "": must be non-empty'));
  return errors;
}

function validateStatusUpdate(request: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  const errors = immutable(request.spec, old.spec, "spec");
  const types = new Set((request.status?.conditions ?? []).map((each) => each.type));
  if (types.has("Approved") && types.has("Denied")) {
    errors.push(invalid("status.conditions", "Denied", "Approved and Denied conditions are mutually exclusive"));
  }
  if (old.status?.certificate && request.status?.certificate !== old.status.certificate) {
    errors.push(forbiddenField("status.certificate", "updates may not change certificate"));
  }
  for (const each of old.status?.conditions ?? []) {
    if (!types.has(each.type))
      errors.push(forbiddenField("status.conditions", `updates may not remove a condition of type "${each.type}"`));
  }
  return errors;
}
