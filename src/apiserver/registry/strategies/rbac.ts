import type { ApiObject, ResourceReference } from "../../../api/meta.ts";
import type { Authorization } from "../../authz/create-authorizer.ts";
import { checkEscalation, type RoleWrite } from "../../authz/escalation.ts";
import type { Strategy, WriteContext } from "../strategy.ts";

/** Roles and bindings: nobody gives more than he has. */
export function rbacStrategy(resource: ResourceReference, authorization: () => Authorization): Strategy {
  const check = async (draft: ApiObject, old: ApiObject | undefined, context: WriteContext): Promise<undefined> => {
    const write = {
      user: context.user,
      resource,
      namespace: draft.metadata?.namespace ?? "",
      object: draft as RoleWrite["object"],
      ...(old === undefined ? {} : { oldObject: old as NonNullable<RoleWrite["oldObject"]> }),
    };
    await checkEscalation(write, authorization());
    return undefined;
  };
  return {
    createOnUpdate: true,
    beforeCreate: (draft, context) => check(draft, undefined, context),
    beforeUpdate: (draft, old, context) => check(draft, old, context),
  };
}
