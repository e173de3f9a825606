import { duplicate, type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { CertificateSigningRequest } from "../generated/certificates.k8s.io/v1.ts";
import { equalJson } from "../patch/json-value.ts";
import { certificateProblem } from "./issued-certificate.ts";

type Decided = Pick<CertificateSigningRequest, "status">;

const DECISIONS = ["Approved", "Denied"];
const LASTING = [...DECISIONS, "Failed"];
const STATUSES = ["False", "True", "Unknown"];

/** What is wrong with conditions and certificate, but for what was wrong before. */
export function validateOutcome(request: Decided, old?: Decided): FieldError[] {
  const errors = validateConditions(request, old);
  const [now, before] = [certificateOf(request), certificateOf(old)];
  if (old !== undefined && (now === before || certificateProblem(pem(before)) !== undefined)) return errors;
  const problem = certificateProblem(pem(now));
  return problem === undefined ? errors : [...errors, invalid("status.certificate", "<certificate data>", problem)];
}

/** What is further wrong with a change through the approval subresource: who has decided cannot take it back. */
export function validateApproval(request: Decided, old: Decided): FieldError[] {
  return validateLasting(request, old);
}

/** Signers write the certificate and whether they failed; they decide nothing. */
export function validateSigning(request: Decided, old: Decided): FieldError[] {
  const errors = [...validateOutcome(request, old), ...validateLasting(request, old)];
  for (const type of DECISIONS) {
    const [now, before] = [ofType(request, type), ofType(old, type)];
    if (now.length > before.length) {
      errors.push(forbiddenField("status.conditions", `updates may not add a condition of type "${type}"`));
    } else if (now.length === before.length && !equalJson(now, before)) {
      errors.push(forbiddenField("status.conditions", `updates may not modify a condition of type "${type}"`));
    }
  }
  const before = certificateOf(old);
  if (before !== "" && certificateOf(request) !== before) {
    errors.push(forbiddenField("status.certificate", "updates may not modify existing certificate content"));
  }
  return errors;
}

/** To signers decisions stay as they were taken, however they are written again; that one is added or taken away, validation tells. */
export function keepDecisions({ status }: Decided, old: Decided): void {
  const conditions = status?.conditions ?? [];
  for (const decision of ["Approved", "Denied"]) {
    const known = (old.status?.conditions ?? []).filter(({ type }) => type === decision);
    const places = conditions.flatMap(({ type }, index) => (type === decision ? [index] : []));
    if (places.length !== known.length) continue;
    places.forEach((place, index) => {
      conditions[place] = structuredClone(known[index]!);
    });
  }
}

const certificateOf = (request: Decided | undefined): string => request?.status?.certificate ?? "";
const pem = (base64: string): string => Buffer.from(base64, "base64").toString("latin1");
const conditionsOf = (request: Decided | undefined) => request?.status?.conditions ?? [];
const ofType = (request: Decided, type: string) => conditionsOf(request).filter((each) => each.type === type);

function validateLasting(request: Decided, old: Decided): FieldError[] {
  return LASTING.filter((type) => ofType(old, type).length > ofType(request, type).length).map((type) =>
    forbiddenField("status.conditions", `updates may not remove a condition of type "${type}"`),
  );
}

/** What conditions are wrong about already, and may stay wrong about. */
function faults(request: Decided | undefined) {
  const types = conditionsOf(request).map(({ type }) => type ?? "");
  return {
    isEmpty: types.includes(""),
    isTorn: DECISIONS.every((type) => types.includes(type)),
    isRepeated: new Set(types).size < types.length,
  };
}

function validateConditions(request: Decided, old: Decided | undefined): FieldError[] {
  const known = faults(old);
  const seen = new Set<string>();
  return conditionsOf(request).flatMap(({ type = "", status = "" }, index) => {
    const field = `status.conditions[${index}]`;
    const errors: FieldError[] = [];
    if (type === "" && !known.isEmpty) errors.push(required(`${field}.type`));
    const allowed = LASTING.includes(type) ? ["True"] : STATUSES;
    if (status === "") errors.push(required(`${field}.status`));
    else if (!allowed.includes(status)) errors.push(notSupported(`${field}.status`, status, allowed));
    const isOpposite = DECISIONS.includes(type) && DECISIONS.some((each) => each !== type && seen.has(each));
    if (isOpposite && !known.isTorn) {
      errors.push(invalid("status.conditions", type, "Approved and Denied conditions are mutually exclusive"));
    }
    if (seen.has(type) && !known.isRepeated) errors.push(duplicate(`${field}.type`, type));
    seen.add(type);
    return errors;
  });
}
