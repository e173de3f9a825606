import { errorMessage } from "../../base/assert.ts";
import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { oneOf } from "../field-checks.ts";
import { duplicate, type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { CertificateSigningRequest } from "../generated/certificates.k8s.io/v1.ts";
import { humanDuration } from "../human-duration.ts";
import { defineKind } from "../kind.ts";
import { dnsSubdomainErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { equalJson } from "../patch/json-value.ts";
import { parseRequestDocument } from "./request-document.ts";

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
  const request = spec?.request ?? "";
  try {
    parseRequestDocument(Buffer.from(request, "base64").toString("latin1"));
  } catch (error) {
    errors.push(invalid("spec.request", request, errorMessage(error)));
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

type Request = CertificateSigningRequest;
type Decided = Pick<Request, "status">;
const DECISIONS = ["Approved", "Denied"];
const LASTING = [...DECISIONS, "Failed"];

/** What is wrong with a write through the approval subresource: who has decided cannot take it back. */
export function validateApproval(request: Decided, old: Decided): FieldError[] {
  return [...validateConditions(request, old), ...validateLasting(request, old)];
}

/** Signers write the certificate and whether they failed; they decide nothing. */
function validateStatusUpdate(request: Request, old: Request): FieldError[] {
  const errors = [...immutable(request.spec, old.spec, "spec"), ...validateConditions(request, old)];
  if (old.status?.certificate && request.status?.certificate !== old.status.certificate) {
    errors.push(forbiddenField("status.certificate", "updates may not change certificate"));
  }
  for (const type of DECISIONS) {
    const [now, before] = [ofType(request, type), ofType(old, type)];
    if (now.length > before.length) {
      errors.push(forbiddenField("status.conditions", `updates may not add a condition of type "${type}"`));
    } else if (now.length === before.length && !equalJson(now, before)) {
      errors.push(forbiddenField("status.conditions", `updates may not modify a condition of type "${type}"`));
    }
  }
  return [...errors, ...validateLasting(request, old)];
}

const ofType = ({ status }: Decided, type: string) => (status?.conditions ?? []).filter((each) => each.type === type);

function validateLasting(request: Decided, old: Decided): FieldError[] {
  return LASTING.filter((type) => ofType(old, type).length > ofType(request, type).length).map((type) =>
    forbiddenField("status.conditions", `updates may not remove a condition of type "${type}"`),
  );
}

function validateConditions({ status }: Decided, old: Decided): FieldError[] {
  if (equalJson(status?.conditions ?? [], old.status?.conditions ?? [])) return [];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  (status?.conditions ?? []).forEach(({ type, status: value }, index) => {
    const field = `status.conditions[${index}]`;
    if (!type) errors.push(required(`${field}.type`));
    else if (seen.has(type)) errors.push(duplicate(`${field}.type`, type));
    if ((type === "Approved" && seen.has("Denied")) || (type === "Denied" && seen.has("Approved"))) {
      errors.push(invalid(`${field}.type`, type, "Approved and Denied conditions are mutually exclusive"));
    }
    seen.add(type);
    if (LASTING.includes(type)) {
      if (value !== "True") errors.push(notSupported(`${field}.status`, value, ["True"]));
    } else errors.push(...oneOf(value, ["True", "False", "Unknown"], `${field}.status`));
  });
  return errors;
}
