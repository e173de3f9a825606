import { failure, type StatusError } from "../../api/status.ts";

/** Somebody knows a revision that has not been yet. */
export function tooLarge(asked: number, current: number): StatusError {
  return failure(504, "Timeout", `Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}
