import { StatusError } from "../api/status.ts";

/** True for the refusal to create something in a namespace that is on its way out: nothing needs to be done there. */
export function isNamespaceTerminating(error: unknown): boolean {
  return (
    error instanceof StatusError &&
    (error.status.details?.causes?.some((cause) => cause.reason === "NamespaceTerminating") ?? false)
  );
}
