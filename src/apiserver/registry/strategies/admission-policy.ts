import {
  mutatingAdmissionPolicyKinds,
  validatingAdmissionPolicyKind,
} from "../../../api/admissionregistration/admission-policy.ts";
import { loadCel } from "../../../api/cel/load-cel.ts";
import { type FieldError, invalidObject } from "../../../api/field-error.ts";
import { mutatingAdmissionPolicies, validatingAdmissionPolicies } from "../../../api/generated/resources.ts";
import type { KindDefinition } from "../../../api/kind.ts";
import type { AnyObject, ApiObject, ResourceReference } from "../../../api/meta.ts";
import { equalJson } from "../../../api/patch/json-value.ts";
import {
  compileMutating,
  compileValidating,
  type MutatingSpec,
  type ValidatingSpec,
} from "../../admission/policy/compiled-policy.ts";
import type { Strategy } from "../strategy.ts";

/** Policies whose expressions do not compile are refused, together with whatever else is wrong with them. */
function policyStrategy(resource: ResourceReference, kind: KindDefinition | undefined): Strategy {
  const check = async (draft: ApiObject, old?: ApiObject): Promise<undefined> => {
    const errors = await expressionErrors((draft as AnyObject).spec ?? {}, resource.kind);
    if (errors.length === 0) return undefined;
    throw invalidObject(resource, draft.metadata?.name ?? "", [...(kind?.validate?.(draft, old) ?? []), ...errors]);
  };
  return {
    beforeCreate: (draft) => check(draft),
    beforeUpdate: async (draft, old) =>
      equalJson((draft as AnyObject).spec, (old as AnyObject).spec) ? undefined : check(draft, old),
  };
}

export const validatingAdmissionPolicyStrategy = policyStrategy(
  validatingAdmissionPolicies as ResourceReference,
  validatingAdmissionPolicyKind,
);
export const mutatingAdmissionPolicyStrategy = policyStrategy(
  mutatingAdmissionPolicies as ResourceReference,
  mutatingAdmissionPolicyKinds[0],
);

async function expressionErrors(spec: unknown, kind: string): Promise<readonly FieldError[]> {
  const cel = await loadCel();
  return kind === "MutatingAdmissionPolicy"
    ? compileMutating(cel, spec as MutatingSpec).errors
    : compileValidating(cel, spec as ValidatingSpec).errors;
}
