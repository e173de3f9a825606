/** Errors as Kubernetes tells them: `metav1.Status` with a reason that clients switch on and a message for people. */
export interface Status {
  kind: "Status";
  apiVersion: "v1";
  metadata: { continue?: string };
  status: "Success" | "Failure";
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

/** What a resource is called in messages: `pods`, `deployments.apps`. */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

/** An API error on its way to a client, or as a client got it. */
export class StatusError extends Error {
  override name = "StatusError";
  readonly status: Status;

  constructor(status: Status) {
    super(status.message ?? status.reason ?? `status ${status.code}`);
    this.status = status;
  }

  get code(): number {
    return this.status.code;
  }

  get reason(): string {
    return this.status.reason ?? "";
  }
}

/** True when `error` is an API error with that reason, e.g. `NotFound`. */
export function hasReason(error: unknown, reason: string): error is StatusError {
  return error instanceof StatusError && error.reason === reason;
}

export const isNotFound = (error: unknown): error is StatusError => hasReason(error, "NotFound");
export const isForbidden = (error: unknown): error is StatusError => hasReason(error, "Forbidden");
export const isConflict = (error: unknown): error is StatusError => hasReason(error, "Conflict");
export const isAlreadyExists = (error: unknown): error is StatusError => hasReason(error, "AlreadyExists");

/** Builds an error Status. @param reason empty where upstream knows none */
export function failure(code: number, reason: string, message: string, details?: StatusDetails): StatusError {
  const status: Status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code };
  if (reason === "") delete status.reason;
  if (details !== undefined) status.details = details;
  return new StatusError(status);
}

export function notFound(of: GroupResource, name: string): StatusError {
  return failure(404, "NotFound", `${qualified(of)} "${name}" not found`, detailsOf(of, name));
}

export function alreadyExists(of: GroupResource, name: string): StatusError {
  return failure(409, "AlreadyExists", `${qualified(of)} "${name}" already exists`, detailsOf(of, name));
}

/** The same of a name that the server has made: another try may do. */
export function generatedNameTaken(of: GroupResource, name: string): StatusError {
  const message = `${qualified(of)} "${name}" already exists, the server was not able to generate a unique name for the object`;
  return failure(409, "AlreadyExists", message, { ...detailsOf(of, name), retryAfterSeconds: 1 });
}

export function conflict(of: GroupResource, name: string, why: string): StatusError {
  return failure(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualified(of)} "${name}": ${why}`,
    detailsOf(of, name),
  );
}

export function forbidden(of: GroupResource, name: string, why: string): StatusError {
  const subject = name === "" ? qualified(of) : `${qualified(of)} "${name}"`;
  return failure(403, "Forbidden", `${subject} is forbidden: ${why}`, detailsOf(of, name));
}

export function unauthorized(): StatusError {
  return failure(401, "Unauthorized", "Unauthorized");
}

export function badRequest(message: string): StatusError {
  return failure(400, "BadRequest", message);
}

/** The path is not of this API. */
export function pageNotFound(): StatusError {
  return failure(404, "NotFound", "the server could not find the requested resource", {});
}

export function methodNotAllowed(): StatusError {
  return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}

export function methodNotSupported(of: GroupResource, verb: string): StatusError {
  return failure(
    405,
    "MethodNotAllowed",
    `${verb} is not supported on resources of kind "${qualified(of)}"`,
    detailsOf(of, ""),
  );
}

export function notAcceptable(offers: readonly string[]): StatusError {
  return failure(406, "NotAcceptable", `only the following media types are accepted: ${offers.join(", ")}`);
}

export function unsupportedMediaType(offers: readonly string[]): StatusError {
  return failure(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${offers.join(", ")}`,
  );
}

export function entityTooLarge(message: string): StatusError {
  return failure(413, "RequestEntityTooLarge", message);
}

/** History that the request needs has been compacted. */
export function expired(message: string): StatusError {
  return failure(410, "Expired", message);
}

export function internalError(message: string): StatusError {
  return failure(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
}

export function notImplemented(message: string): StatusError {
  return failure(501, "NotImplemented", message);
}

export function serviceUnavailable(message: string): StatusError {
  return failure(503, "ServiceUnavailable", message);
}

export function timeout(message: string): StatusError {
  return failure(504, "Timeout", message, { retryAfterSeconds: 0 });
}

/** `deployments.apps`, or `pods` for the core group. */
export function qualified(of: GroupResource): string {
  return of.group === "" ? of.resource : `${of.resource}.${of.group}`;
}

function detailsOf(of: GroupResource, name: string): StatusDetails {
  const details: StatusDetails = {};
  if (name !== "") details.name = name;
  if (of.group !== "") details.group = of.group;
  details.kind = of.resource;
  return details;
}
