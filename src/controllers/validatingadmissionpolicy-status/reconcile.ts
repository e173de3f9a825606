import { loadCel } from "../../api/cel/load-cel.ts";
import type { ValidatingAdmissionPolicy } from "../../api/generated/admissionregistration.k8s.io/v1.ts";
import { validatingAdmissionPolicies } from "../../api/generated/resources.ts";
import { parseApiVersion } from "../../api/meta.ts";
import { isNotFound } from "../../api/status.ts";
import { type Controller, type ControllerDependencies, from } from "../reconciler.ts";
import { kindTypes, namedResources } from "./checked-kinds.ts";
import { typeCheck } from "./type-check.ts";

const NAME = "validatingadmissionpolicy-status-controller";

/** Tells in a policy's status what its expressions get wrong about the types of its objects. */
export function validatingAdmissionPolicyStatusController({ client, informers }: ControllerDependencies): Controller {
  const policies = informers.informer(validatingAdmissionPolicies);

  async function check(policy: ValidatingAdmissionPolicy): Promise<void> {
    const { paramKind, matchConstraints } = policy.spec ?? {};
    const types = kindTypes(client);
    const kinds = await types.ofResources(namedResources(matchConstraints?.resourceRules ?? []));
    const params =
      paramKind === undefined
        ? undefined
        : await types.ofKind({ ...parseApiVersion(paramKind.apiVersion ?? ""), kind: paramKind.kind ?? "" });
    const expressionWarnings = typeCheck(policy, { cel: await loadCel(), kinds, params });
    const status = {
      observedGeneration: policy.metadata?.generation,
      typeChecking: expressionWarnings.length === 0 ? {} : { expressionWarnings },
    };
    const body = { apiVersion: "admissionregistration.k8s.io/v1", kind: "ValidatingAdmissionPolicy", status };
    const patch = { type: "apply", body, subresource: "status", fieldManager: NAME, force: true } as const;
    await client.patch(validatingAdmissionPolicies, { name: policy.metadata?.name ?? "" }, patch);
  }

  return {
    name: NAME,
    sources: [from(policies, ({ key, after }) => (after === undefined ? [] : [key]))],
    async reconcile(name) {
      const policy = policies.get(name);
      if (policy === undefined || (policy.metadata?.generation ?? 0) <= (policy.status?.observedGeneration ?? 0))
        return undefined;
      try {
        await check(policy);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return undefined;
    },
  };
}
