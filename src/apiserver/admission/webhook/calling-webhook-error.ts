import { failure, type Status, StatusError } from "../../../api/status.ts";

/** The webhook did not answer as a webhook must: its failure policy says what that means. */
export class CallingWebhookError extends Error {
  override name = "CallingWebhookError";

  constructor(webhook: string, why: string, cause?: unknown) {
    super(`failed calling webhook ${JSON.stringify(webhook)}: ${why}`, { cause });
  }
}

/** The webhook said no, in its own words and with its own code where it gave one (upstream: webhook/errors.ToStatusErr). */
export function denial(webhook: string, result: Partial<Status> | undefined): StatusError {
  const deniedBy = `admission webhook ${JSON.stringify(webhook)} denied the request`;
  const said = result?.message || result?.reason;
  const { code = 0, reason, details } = result ?? {};
  return new StatusError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: said ? `${deniedBy}: ${said}` : `${deniedBy} without explanation`,
    ...(reason !== undefined && reason !== "" && { reason }),
    ...(details !== undefined && { details }),
    code: code < 400 ? 400 : code,
  });
}

/** The webhook has side effects that a dry run must not have. */
export function dryRunUnsupported(webhook: string): StatusError {
  return failure(400, "BadRequest", `admission webhook ${JSON.stringify(webhook)} does not support dry run`);
}
