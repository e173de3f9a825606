import { parseApiVersion } from "../../../api/meta.ts";
import type { Status } from "../../../api/status.ts";
import type { AdmissionAttributes } from "../admission.ts";
import { admissionRequest } from "../matching/admission-request.ts";
import type { RuleMatch } from "../matching/rules.ts";
import type { VersionedObjects } from "../matching/versioned-objects.ts";

const GROUP = "admission.k8s.io";

/** What a webhook answered, checked. */
export interface Verdict {
  readonly allowed: boolean;
  readonly result?: Partial<Status> | undefined;
  /** The text of a JSON patch. */
  readonly patch?: string | undefined;
  readonly patchType: string;
  readonly auditAnnotations: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** The version of AdmissionReview that we and the webhook know, in its order of preference. */
export function reviewVersion(versions: readonly string[]): "v1" | "v1beta1" | undefined {
  return versions.find((version) => version === "v1" || version === "v1beta1") as "v1" | "v1beta1" | undefined;
}

/** The AdmissionReview that is sent. */
export function reviewOf(
  attributes: AdmissionAttributes,
  of: { match: RuleMatch; objects: VersionedObjects; uid: string; version: string },
): object {
  const { match, objects, uid, version } = of;
  const { operation, userInfo, dryRun, options, ...subject } = admissionRequest(attributes, match);
  const request = {
    uid,
    ...subject,
    operation,
    userInfo,
    object: objects.object ?? null,
    oldObject: objects.oldObject ?? null,
    dryRun,
    options,
  };
  return { kind: "AdmissionReview", apiVersion: `${GROUP}/${version}`, request };
}

type Fields = Record<string, unknown>;

/**
 * The verdict in an answer (upstream: webhook/request.VerifyAdmissionResponse).
 * @throws Error that says what is wrong with it
 */
export function verdictOf(
  answer: unknown,
  of: { uid: string; version: "v1" | "v1beta1"; isMutating: boolean },
): Verdict {
  const review = fieldsOf(answer);
  const response = fieldsOf(review?.response);
  if (review === undefined) throw new Error("the answer is not an AdmissionReview");
  if (response === undefined) throw new Error("webhook response was absent");
  if (of.version === "v1") checkIdentity(review, response, of);
  return {
    allowed: response.allowed === true,
    result: fieldsOf(response.status) as Partial<Status> | undefined,
    ...patchOf(response, of),
    auditAnnotations: textsOf(response.auditAnnotations),
    warnings: Array.isArray(response.warnings) ? response.warnings.filter((each) => typeof each === "string") : [],
  };
}

function checkIdentity(review: Fields, response: Fields, of: { uid: string; version: string }): void {
  if (response.uid !== of.uid) {
    throw new Error(`expected response.uid=${JSON.stringify(of.uid)}, got ${JSON.stringify(response.uid ?? "")}`);
  }
  const apiVersion = typeof review.apiVersion === "string" ? review.apiVersion : "";
  const { group, version } = parseApiVersion(apiVersion);
  if (group !== GROUP || version !== of.version || review.kind !== "AdmissionReview") {
    const got = `${apiVersion}, Kind=${String(review.kind ?? "")}`;
    throw new Error(`expected webhook response of ${GROUP}/${of.version}, Kind=AdmissionReview, got ${got}`);
  }
}

function patchOf(
  response: Fields,
  of: { version: string; isMutating: boolean },
): { patch?: string; patchType: string } {
  const { patch, patchType } = response;
  const hasPatch = typeof patch === "string" && patch !== "";
  const hasType = patchType !== undefined && patchType !== null;
  if (of.version === "v1") {
    if (!of.isMutating) {
      if (hasPatch) throw new Error("validating webhook may not return response.patch");
      if (hasType) throw new Error("validating webhook may not return response.patchType");
    }
    if (hasPatch && !hasType) throw new Error("webhook returned response.patch but not response.patchType");
    if (!hasPatch && hasType) throw new Error("webhook returned response.patchType but not response.patch");
    if (patchType === "") throw new Error(`webhook returned invalid response.patchType of ""`);
  }
  if (!hasPatch || !of.isMutating) return { patchType: "" };
  return { patch: Buffer.from(patch, "base64").toString("utf8"), patchType: hasType ? String(patchType) : "JSONPatch" };
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fieldsOf(value) ?? {}).flatMap(([key, text]) => (typeof text === "string" ? [[key, text]] : [])),
  );
}
