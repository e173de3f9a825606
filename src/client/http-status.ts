import type { IncomingHttpHeaders } from "node:http2";
import { failure, pageNotFound, type Status, StatusError } from "../api/status.ts";

const REASONS: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  406: "NotAcceptable",
  409: "Conflict",
  410: "Gone",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

/** The error that an answer with an error code stands for: its Status, or one made from code and text. */
export function statusErrorOf(answer: { code: number; headers: IncomingHttpHeaders }, text: string): StatusError {
  const status = parseStatus(text);
  if (status !== undefined) return new StatusError({ ...status, code: status.code ?? answer.code });
  // That nobody serves the path, which the server says in text.
  if (answer.code === 404) return pageNotFound();
  const reason = REASONS[answer.code] ?? "Unknown";
  const message = text.trim() === "" ? `the server answered with code ${answer.code}` : text.trim().slice(0, 2048);
  const retryAfter = Number(answer.headers["retry-after"]);
  return failure(
    answer.code,
    reason,
    message,
    Number.isFinite(retryAfter) ? { retryAfterSeconds: retryAfter } : undefined,
  );
}

function parseStatus(text: string): Status | undefined {
  try {
    const value = JSON.parse(text) as Status;
    return value !== null && typeof value === "object" && value.kind === "Status" ? value : undefined;
  } catch {
    return undefined;
  }
}
