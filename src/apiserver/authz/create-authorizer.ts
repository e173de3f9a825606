import { PRIVILEGED_GROUP } from "../authn/users.ts";
import type { ObjectReader } from "../reader.ts";
import type { Authorizer } from "./authorizer.ts";
import { nodeAuthorizer } from "./node.ts";
import { followNodeGraph, type NodeGraph } from "./node-graph.ts";
import { type RoleBasedAccessControl, roleBasedAccessControl } from "./rbac.ts";

/** The door's authorization, and RBAC alone, which rule reviews and escalation checks ask. */
export interface Authorization extends Authorizer {
  readonly rbac: RoleBasedAccessControl;
  close(): void;
}

/** Members of system:masters may do everything, so that nobody can lock everybody out. */
export const privilegedGroupAuthorizer: Authorizer = {
  name: "AlwaysAllowSystemMasters",
  authorize: ({ user }) =>
    user.groups.includes(PRIVILEGED_GROUP) ? { decision: "allow", reason: "" } : { decision: "noOpinion", reason: "" },
};

/** Asks the modes in order. The first opinion decides; without one the reasons are collected. */
export function authorizerChain(modes: readonly Authorizer[]): Authorizer {
  return {
    name: "union",
    async authorize(attributes) {
      const reasons: string[] = [];
      for (const mode of modes) {
        const asked = mode.authorize(attributes);
        const answer = asked instanceof Promise ? await asked : asked;
        if (answer.decision !== "noOpinion") return answer;
        if (answer.reason !== "") reasons.push(answer.reason);
      }
      return { decision: "noOpinion", reason: reasons.join("\n") };
    },
  };
}

/** Node and RBAC, behind the privileged group. Resolves when roles and bindings have been read. */
export async function createAuthorizer(reader: ObjectReader): Promise<Authorization> {
  const rbac = await roleBasedAccessControl(reader);
  let graph: Promise<NodeGraph> | undefined;
  const graphOf = (): Promise<NodeGraph> => {
    graph ??= followNodeGraph(reader);
    // A failure must not stay for good: the next node's request tries again.
    graph.catch(() => {
      graph = undefined;
    });
    return graph;
  };
  const chain = authorizerChain([privilegedGroupAuthorizer, nodeAuthorizer(graphOf), rbac]);
  return {
    ...chain,
    rbac,
    close() {
      rbac.close();
      graph?.then((followed) => followed.close()).catch(() => {});
    },
  };
}
