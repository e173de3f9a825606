import type { ApiObject, OwnerReference } from "../../api/meta.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import type { WriteContext } from "./strategy.ts";

/** Takes away owners that are named twice, and tells the client (upstream: dedupOwnerReferencesAndAddWarning). */
export function dropRepeatedOwners(
  draft: ApiObject,
  { isAdmitted }: { readonly isAdmitted: boolean },
  context: Pick<WriteContext, "warn">,
): void {
  const owners = draft.metadata?.ownerReferences;
  if (owners === undefined || owners.length < 2) return;
  const kept: OwnerReference[] = [];
  const repeated: string[] = [];
  for (const owner of owners) {
    if (kept.some((each) => each.uid === owner.uid && equalJson(each, owner))) repeated.push(owner.uid ?? "");
    else kept.push(owner);
  }
  if (repeated.length === 0) return;
  draft.metadata!.ownerReferences = kept;
  const when = isAdmitted ? " after mutating admission happens" : "";
  context.warn(
    `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${repeated.join(", ")}`,
  );
}
