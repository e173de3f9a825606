import type { X509Certificate } from "node:crypto";
import { type FieldError, invalid, invalidWithoutValue, notSupported, required, tooLong } from "../field-error.ts";
import type { PodCertificateRequest, PodCertificateRequestStatus } from "../generated/certificates.k8s.io/v1beta1.ts";
import { validateConditions } from "../metav1-conditions.ts";
import { equalJson } from "../patch/json-value.ts";
import { readCertificate } from "./issued-certificate.ts";
import { pemBlocks } from "./pem.ts";
import { subjectKeyOf } from "./pod-certificate-key.ts";

const OUTCOMES = ["Issued", "Denied", "Failed"];
const CHAIN_BYTES_MAX = 100 * 1024;
const CHAIN = "status.certificateChain";
const SHORTEST_SECONDS = 3600;
const MARGIN_MS = 10 * 60_000;

type Status = PodCertificateRequestStatus;

/** What is wrong with how a signer answers a request: once, and wholly. */
export function validateIssue({ spec, status = {} }: PodCertificateRequest, old: PodCertificateRequest): FieldError[] {
  const errors = validateOutcomes(status);
  errors.push(...validateConditions(status.conditions, "status.conditions"));
  if (errors.length > 0) return errors;
  const before = old.status ?? {};
  if (OUTCOMES.some((type) => hasOutcome(before, type))) {
    return unchanged(status, before, "immutable after PodCertificateRequest is issued, denied, or failed");
  }
  if (hasOutcome(status, "Denied") || hasOutcome(status, "Failed")) {
    const alone = { conditions: status.conditions ?? [] };
    return unchanged(
      status,
      alone,
      "non-condition status fields must be empty when denying or failing the PodCertificateRequest",
    );
  }
  if (!hasOutcome(status, "Issued")) {
    return unchanged(status, before, 'status is immutable unless transitioning to "Issued", "Denied", or "Failed"');
  }
  return validateIssued(status, { ...old, ...(spec === undefined ? {} : { spec }) });
}

function validateOutcomes({ conditions = [] }: Status): FieldError[] {
  let known = 0;
  return conditions.flatMap(({ type, status }, index) => {
    const field = `status.conditions.[${index}]`;
    if (!OUTCOMES.includes(type)) return [notSupported(`${field}.type`, type, OUTCOMES)];
    const errors: FieldError[] = [];
    if (++known > 1) {
      const message = 'There may be at most one condition with type "Issued", "Denied", or "Failed"';
      errors.push(invalid(`${field}.type`, type, message));
    }
    if (status !== "True") errors.push(notSupported(`${field}.status`, status, ["True"]));
    return errors;
  });
}

const hasOutcome = ({ conditions = [] }: Status, wanted: string): boolean =>
  conditions.some(({ type, status }) => type === wanted && status === "True");

function unchanged(status: Status, wanted: Status, message: string): FieldError[] {
  const plain = ({ conditions = [], ...rest }: Status) => ({
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined && value !== "")),
    conditions,
  });
  return equalJson(plain(status), plain(wanted)) ? [] : [invalidWithoutValue("status", message)];
}

/** One error: each check stands on those before it. */
function validateIssued(status: Status, request: PodCertificateRequest): FieldError[] {
  const chain = status.certificateChain ?? "";
  if (Buffer.byteLength(chain) > CHAIN_BYTES_MAX) return [tooLong(CHAIN, CHAIN_BYTES_MAX)];
  const [leafBlock, ...others] = pemBlocks(chain);
  const wrong = (message: string): FieldError[] => [invalid(CHAIN, chain, message)];
  if (leafBlock === undefined) return wrong("issued certificate chain must contain at least one certificate");
  if (leafBlock.type !== "CERTIFICATE") {
    return wrong("issued certificate chain must consist entirely of CERTIFICATE PEM blocks");
  }
  const leaf = readCertificate(leafBlock.bytes);
  if (leaf === undefined) return wrong("leaf certificate does not parse as valid X.509");
  const errors = nameErrors(leaf);
  const wanted = subjectKeyOf(request.spec ?? {});
  if (wanted === undefined || !leaf.publicKey.export({ format: "der", type: "spki" }).equals(wanted)) {
    return [...errors, ...wrong("leaf certificate was not issued to the requested public key")];
  }
  errors.push(...missingTimes(status));
  if (errors.length > 0) return errors;
  const timing = timeError(status, leaf, request.spec?.maxExpirationSeconds ?? 0);
  if (timing !== undefined) return [timing];
  for (const { type, bytes } of others) {
    if (type !== "CERTIFICATE") {
      return wrong("issued certificate chain must consist entirely of CERTFICATE PEM blocks");
    }
    if (readCertificate(bytes) === undefined) return wrong("intermediate certificate does not parse as valid X.509");
  }
  return [];
}

/** Alternative names, as Node writes them: `DNS:a.example, email:b@example`. */
function nameErrors({ subjectAltName = "" }: X509Certificate): FieldError[] {
  const names = subjectAltName.split(", ").map((name) => {
    const colon = name.indexOf(":");
    return [name.slice(0, colon), name.slice(colon + 1)] as const;
  });
  return names.flatMap(([kind, name]) => {
    if (kind === "DNS") return dnsProblems(name).map((message) => invalid(CHAIN, name, message));
    if (kind !== "email" || /^[^@\s]+@[^@\s]+$/.test(name)) return [];
    return [invalid(CHAIN, name, "leaf certificate should not contain invalid EmailAddress")];
  });
}

function dnsProblems(name: string): string[] {
  const problems: string[] = [];
  if (name === "") problems.push("leaf certificate should not contain empty DNSName");
  if (name.includes("..")) problems.push("leaf certificate's DNSName should not contain '..'");
  if (name.startsWith(".") || name.endsWith(".")) {
    problems.push("leaf certificate's DNSName should not start or end with '.'");
  }
  return problems;
}

function missingTimes({ notBefore, notAfter, beginRefreshAt }: Status): FieldError[] {
  const consistent = "must be present and consistent with the issued certificate";
  const errors = notBefore ? [] : [required("status.notBefore", consistent)];
  if (!notAfter) errors.push(required("status.notAfter", consistent));
  if (beginRefreshAt) return errors;
  const range = "must be present and in the range [notbefore+10min, notafter-10min]";
  return [...errors, required("status.beginRefreshAt", range)];
}

function timeError(
  { notBefore = "", notAfter = "", beginRefreshAt = "" }: Status,
  leaf: X509Certificate,
  maxSeconds: number,
): FieldError | undefined {
  const [start, end, refresh] = [notBefore, notAfter, beginRefreshAt].map(Date.parse) as [number, number, number];
  if (start !== leaf.validFromDate.getTime()) {
    const message = "must be set to the NotBefore time encoded in the leaf certificate";
    return timeInvalid("status.notBefore", notBefore, message);
  }
  if (end !== leaf.validToDate.getTime()) {
    return timeInvalid("status.notAfter", notAfter, "must be set to the NotAfter time encoded in the leaf certificate");
  }
  const seconds = (end - start) / 1000;
  const lifetime = (message: string): FieldError => ({
    ...invalidWithoutValue(CHAIN, `${durationText(seconds)}: leaf certificate lifetime must be ${message}`),
  });
  if (seconds < SHORTEST_SECONDS) return lifetime(">= 1 hour");
  if (seconds > maxSeconds) return lifetime(`<= spec.maxExpirationSeconds (${maxSeconds})`);
  const field = "status.beginRefreshAt";
  if (refresh < start + MARGIN_MS) {
    return timeInvalid(field, beginRefreshAt, "must be at least 10 minutes after status.notBefore");
  }
  if (refresh > end - MARGIN_MS) {
    return timeInvalid(field, beginRefreshAt, "must be at least 10 minutes before status.notAfter");
  }
  return undefined;
}

/** Errors show times as Go prints them. */
export function timeInvalid(field: string, time: string, message: string): FieldError {
  const shown = time.replace(/^(\S+?)T(\S+?)(?:\.\d+)?Z$/, "$1 $2 +0000 UTC");
  return invalidWithoutValue(field, `${shown}: ${message}`);
}

/** `1h0m0s`, as Go prints a duration of whole seconds. */
function durationText(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}
