import { apiVersionOf } from "../api/meta.ts";
import { listKindOf } from "../api/schema.ts";
import type { ListAnswer } from "./exchange.ts";

/** What a list says besides its items. */
export function listHead({ resource: { schema }, revision, continueToken, remaining }: ListAnswer): object {
  return {
    kind: listKindOf(schema),
    apiVersion: apiVersionOf(schema),
    metadata: {
      resourceVersion: String(revision),
      ...(continueToken === undefined ? {} : { continue: continueToken }),
      ...(remaining === undefined ? {} : { remainingItemCount: remaining }),
    },
  };
}
