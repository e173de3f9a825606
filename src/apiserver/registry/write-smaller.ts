import type { ApiObject } from "../../api/meta.ts";
import { ValueTooLargeError } from "../../store/store.ts";
import type { ManagedOperation } from "./managed-fields.ts";

/**
 * Writes an object. One that is too large is written without the account of who owns its fields, which may be as large as all the
 * rest; an apply is nothing without it (upstream: isTooLargeError in the handlers of create, update and patch).
 * @param write called again when the draft has become smaller
 * @throws ValueTooLargeError
 */
export async function writeSmaller<T>(
  draft: ApiObject,
  operation: ManagedOperation,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const { metadata } = draft;
    const isSmallest = operation === "Apply" || metadata?.managedFields === undefined;
    if (!(error instanceof ValueTooLargeError) || isSmallest) throw error;
    delete metadata.managedFields;
    return await write();
  }
}
