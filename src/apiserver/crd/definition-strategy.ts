import { setCondition } from "../../api/conditions.ts";
import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { present } from "../../base/assert.ts";
import { defineStrategy } from "../registry/strategy.ts";

export const CLEANUP_FINALIZER = "customresourcecleanup.apiextensions.k8s.io";

/** A definition that is deleted stays until its objects are gone. */
export const definitionStrategy = defineStrategy<CustomResourceDefinition>({
  markDeleted(draft) {
    const metadata = present(draft.metadata, "the metadata of a stored definition");
    const finalizers = metadata.finalizers ?? [];
    if (!finalizers.includes(CLEANUP_FINALIZER)) metadata.finalizers = [...finalizers, CLEANUP_FINALIZER];
    const condition = {
      type: "Terminating",
      status: "True",
      reason: "InstanceDeletionPending",
      message: "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
    };
    const time = present(metadata.deletionTimestamp, "the time of a deletion");
    draft.status = { ...draft.status, conditions: [...setCondition(draft.status?.conditions, condition, time)] };
  },
});
