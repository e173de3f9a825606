import { definitionWarnings } from "../../api/apiextensions/definition-warnings.ts";
import { validateDefinition } from "../../api/apiextensions/validate-definition.ts";
import { validateSchemas } from "../../api/apiextensions/validate-schemas.ts";
import { setCondition } from "../../api/conditions.ts";
import { invalidObject } from "../../api/field-error.ts";
import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import { present } from "../../base/assert.ts";
import { defineStrategy } from "../registry/strategy.ts";

export const CLEANUP_FINALIZER = "customresourcecleanup.apiextensions.k8s.io";

/** A definition that is deleted stays until its objects are gone. */
export const definitionStrategy = defineStrategy<CustomResourceDefinition>({
  async beforeCreate(draft, context) {
    await refuseUnsound(draft);
    for (const warning of definitionWarnings(draft)) context.warn(warning);
    return undefined;
  },
  async beforeUpdate(draft, old, context) {
    if (equalJson(draft.spec, old.spec)) return undefined;
    await refuseUnsound(draft, old);
    for (const warning of definitionWarnings(draft, old)) context.warn(warning);
    return undefined;
  },
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

/** Schemas are checked here and not with the kind, because what they use has to load first. */
async function refuseUnsound(draft: CustomResourceDefinition, old?: CustomResourceDefinition): Promise<void> {
  const errors = await validateSchemas(draft, old);
  if (errors.length === 0) return;
  const of = { group: "apiextensions.k8s.io", kind: "CustomResourceDefinition" };
  throw invalidObject(of, draft.metadata?.name ?? "", [...validateDefinition(draft, old), ...errors]);
}
