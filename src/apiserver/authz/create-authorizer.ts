import type { PolicyRule } from "../../api/generated/rbac.authorization.k8s.io/v1.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import { nodeNameOf, PRIVILEGED_GROUP } from "../authn/users.ts";
import type { ObjectReader } from "../reader.ts";
import type { Answer, AuthorizationAttributes, Authorizer } from "./authorizer.ts";
import { nodeAuthorizer } from "./node.ts";
import { followNodeGraph, type NodeGraph } from "./node-graph.ts";
import { type RoleBasedAccessControl, roleBasedAccessControl } from "./rbac.ts";

/** What a user may do, as far as the chain can say it in rules, and why that is not all. */
export interface UserRules {
  readonly rules: readonly PolicyRule[];
  readonly errors: readonly string[];
}

/** The door's authorization, and RBAC alone, which escalation checks ask. */
export interface Authorization extends Authorizer {
  readonly rbac: RoleBasedAccessControl;
  rulesFor(user: UserInfo, namespace: string): UserRules;
  close(): void;
}

/** The modes that need no file, ready for a chain. */
export interface BuiltInModes {
  readonly rbac: RoleBasedAccessControl;
  readonly node: Authorizer;
  close(): void;
}

/** Members of system:masters may do everything, so that nobody can lock everybody out. */
export const privilegedGroupAuthorizer: Authorizer = {
  name: "AlwaysAllowSystemMasters",
  authorize: ({ user }) => (user.groups.includes(PRIVILEGED_GROUP) ? ALLOW : NO_OPINION),
};

export const alwaysAllowAuthorizer: Authorizer = { name: "AlwaysAllow", authorize: () => ALLOW };

export const alwaysDenyAuthorizer: Authorizer = {
  name: "AlwaysDeny",
  authorize: () => ({ decision: "noOpinion", reason: "Everything is forbidden." }),
};

const ALLOW: Answer = { decision: "allow", reason: "" };
const NO_OPINION: Answer = { decision: "noOpinion", reason: "" };

/** Asks the modes in order. The first opinion decides; without one the reasons are collected. */
export function authorizerChain(modes: readonly Authorizer[]): Authorizer {
  return {
    name: "union",
    authorize(attributes) {
      const noOpinions: Answer[] = [];
      for (const [index, mode] of modes.entries()) {
        const asked = mode.authorize(attributes);
        if (asked instanceof Promise)
          return authorizeLater(asked, { modes: modes.slice(index + 1), attributes, noOpinions });
        if (asked.decision !== "noOpinion") return asked;
        noOpinions.push(asked);
      }
      return together(noOpinions);
    },
  };
}

/** The same from the first mode on that has to wait. */
async function authorizeLater(
  asked: Promise<Answer>,
  rest: { modes: readonly Authorizer[]; attributes: AuthorizationAttributes; noOpinions: Answer[] },
): Promise<Answer> {
  const { modes, attributes, noOpinions } = rest;
  const first = await asked;
  if (first.decision !== "noOpinion") return first;
  noOpinions.push(first);
  for (const mode of modes) {
    const answer = await mode.authorize(attributes);
    if (answer.decision !== "noOpinion") return answer;
    noOpinions.push(answer);
  }
  return together(noOpinions);
}

function together(noOpinions: readonly Answer[]): Answer {
  const reasons = noOpinions.map(({ reason }) => reason).filter((reason) => reason !== "");
  return reasons.length === 0 ? NO_OPINION : { decision: "noOpinion", reason: reasons.join("\n") };
}

/** What the modes of a chain can say in rules. */
export function chainRules(
  modes: readonly Authorizer[],
  rbac: RoleBasedAccessControl,
  user: UserInfo,
  namespace: string,
): UserRules {
  const rules: PolicyRule[] = [];
  const errors: string[] = [];
  for (const mode of modes) {
    if (mode === rbac) {
      const found = rbac.rulesFor(user, namespace);
      rules.push(...found.rules);
      errors.push(...found.errors);
    } else if (mode === alwaysAllowAuthorizer) rules.push(...EVERYTHING);
    // What the Node authorizer grants depends on the node's pods and is no list of rules.
    else if (mode.name === "Node") {
      if (nodeNameOf(user) !== undefined) errors.push("node authorizer does not support user rule resolution");
    } else if (mode !== alwaysDenyAuthorizer && mode !== privilegedGroupAuthorizer) {
      errors.push("webhook authorizer does not support user rule resolution");
    }
  }
  return { rules, errors };
}

const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

/** Resolves when roles and bindings have been read; the node graph is read when the first node comes. */
export async function openBuiltInModes(reader: ObjectReader): Promise<BuiltInModes> {
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
  return {
    rbac,
    node: nodeAuthorizer(graphOf),
    close() {
      rbac.close();
      graph?.then((followed) => followed.close()).catch(() => {});
    },
  };
}

/** Node and RBAC, behind the privileged group: the chain of a cluster that nobody configured otherwise. */
export async function createAuthorizer(reader: ObjectReader): Promise<Authorization> {
  const { rbac, node, close } = await openBuiltInModes(reader);
  const modes = [privilegedGroupAuthorizer, node, rbac];
  return {
    ...authorizerChain(modes),
    rbac,
    rulesFor: (user, namespace) => chainRules(modes, rbac, user, namespace),
    close,
  };
}
