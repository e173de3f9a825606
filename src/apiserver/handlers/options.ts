import {
  type FieldError,
  forbiddenField,
  invalid,
  invalidObject,
  notSupported,
  required,
} from "../../api/field-error.ts";
import { APPLY_PATCH } from "../../api/patch/apply-patch.ts";
import { badRequest } from "../../api/status.ts";
import type { Exchange } from "../exchange.ts";
import { mediaType } from "./decode.ts";

/** The options kind of a writing method. */
export const OPTIONS_KINDS: Readonly<Record<string, string>> = {
  POST: "CreateOptions",
  PUT: "UpdateOptions",
  PATCH: "PatchOptions",
};

const FIELD_VALIDATIONS = ["", "Ignore", "Strict", "Warn"];
const FIELD_MANAGER_MAX = 128;

/** Whether the query of a write asks for something that there is (metav1's ValidateCreateOptions and its like). @throws StatusError Invalid */
export function checkWriteOptions({ method, query, body }: Exchange): void {
  const kind = OPTIONS_KINDS[method];
  if (kind === undefined || query.size === 0) {
    if (method === "PATCH" && mediaType(body.contentType) === APPLY_PATCH) refuseOptions("PatchOptions", [noManager]);
    return;
  }
  const errors = dryRunErrors(query.getAll("dryRun"));
  const manager = query.get("fieldManager") ?? "";
  if (method === "PATCH") {
    const isApply = mediaType(body.contentType) === APPLY_PATCH;
    if (isApply && manager === "") errors.push(noManager);
    if (!isApply && query.get("force") !== null) {
      errors.push(forbiddenField("force", "may not be specified for non-apply patch"));
    }
  }
  errors.push(...managerErrors(manager));
  const level = query.get("fieldValidation") ?? "";
  if (!FIELD_VALIDATIONS.includes(level)) errors.push(notSupported("fieldValidation", level, FIELD_VALIDATIONS));
  refuseOptions(kind, errors);
}

const noManager = required("fieldManager", "is required for apply patch");

/** Only `All` is a dry run. */
export function dryRunErrors(values: readonly unknown[]): FieldError[] {
  const isWrong = values.some((value) => value !== "" && value !== "All");
  return isWrong ? [notSupported("dryRun", values, ["All"])] : [];
}

/** @throws StatusError Invalid when there are errors */
export function refuseOptions(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: "meta.k8s.io", kind }, "", errors);
}

function managerErrors(manager: string): FieldError[] {
  if (Buffer.byteLength(manager) > FIELD_MANAGER_MAX) {
    const message = `Too long: may not be more than ${FIELD_MANAGER_MAX} bytes`;
    return [{ reason: "FieldValueTooLong", field: "fieldManager", message }];
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (!/[\u0000-\u001f\u007f-\u009f]|\p{Cn}|\p{Cs}|\p{Co}|\p{Cf}/u.test(manager)) return [];
  return [invalid("fieldManager", manager, "should only contain printable characters")];
}

/**
 * What a list or watch may combine (metainternalversion's ValidateListOptions).
 * @throws StatusError Invalid; BadRequest: numbers that cannot be read
 */
export function checkListOptions(query: URLSearchParams, isWatch: boolean, refusesInitialEvents = false): void {
  numberOf(query, "timeoutSeconds");
  numberOf(query, "limit");
  const match = query.get("resourceVersionMatch") ?? "";
  const send = query.get("sendInitialEvents");
  if (match === "" && send === null) return;
  const forbid = (why: string) => forbiddenField("resourceVersionMatch", why);
  const withContinue = match !== "" && (query.get("continue") ?? "") !== "";
  const goesOn = withContinue ? [forbid("resourceVersionMatch is forbidden when continue is provided")] : [];
  const errors = isWatch
    ? [...watchErrors(match, send, forbid), ...goesOn]
    : listErrors(match, query, { forbid, goesOn });
  if (!isWatch && send !== null) {
    errors.push(forbiddenField("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  if (isWatch && send !== null && refusesInitialEvents) {
    const why = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
    errors.push(forbiddenField("sendInitialEvents", why));
  }
  refuseOptions("ListOptions", errors);
}

function watchErrors(match: string, send: string | null, forbid: (why: string) => FieldError): FieldError[] {
  const errors: FieldError[] = [];
  if (send !== null && match !== "NotOlderThan") {
    errors.push(forbid("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
  }
  if (match === "") return errors;
  if (send === null)
    errors.push(forbid("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
  if (match !== "NotOlderThan") errors.push(notSupported("resourceVersionMatch", match, ["NotOlderThan"]));
  return errors;
}

function listErrors(
  match: string,
  query: URLSearchParams,
  { forbid, goesOn }: { forbid: (why: string) => FieldError; goesOn: readonly FieldError[] },
): FieldError[] {
  const errors: FieldError[] = [];
  if (match === "") return errors;
  const version = query.get("resourceVersion") ?? "";
  if (version === "") errors.push(forbid("resourceVersionMatch is forbidden unless resourceVersion is provided"));
  errors.push(...goesOn);
  if (match !== "Exact" && match !== "NotOlderThan") {
    errors.push(notSupported("resourceVersionMatch", match, ["Exact", "NotOlderThan", ""]));
  }
  if (match === "Exact" && version === "0") {
    errors.push(forbid('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  return errors;
}

/** How many objects a list may have; 0: as many as there are. @throws StatusError BadRequest */
export function limitOf(query: URLSearchParams): number {
  return Math.max(0, numberOf(query, "limit") ?? 0);
}

/** The whole number that a parameter has, refused in the words of Go's parser. @throws StatusError BadRequest */
export function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const refused = (why: string) => badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
  if (!/^[+-]?\d+$/.test(text)) throw refused("invalid syntax");
  if (!Number.isSafeInteger(Number(text))) throw refused("value out of range");
  return Number(text);
}
