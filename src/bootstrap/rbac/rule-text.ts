import type { PolicyRule } from "../../api/generated/rbac.authorization.k8s.io/v1.ts";

const SHORTHANDS: Readonly<Record<string, readonly string[]>> = {
  read: ["get", "list", "watch"],
  write: ["create", "update", "patch", "delete", "deletecollection"],
};

/**
 * Rules as one line each, so that a role can be read at a glance:
 * `<verbs> <groups> <resources> [<names>]`, or `<verbs> <paths>`, lists with commas. `core` is the group without a name;
 * `read` and `write` stand for their usual verbs. Lists come out sorted, as upstream stores them.
 */
export function rules(...lines: readonly string[]): PolicyRule[] {
  return lines.map(rule);
}

function rule(line: string): PolicyRule {
  const [verbText = "", second = "", resources, names] = line.split(" ");
  const verbs = list(verbText).flatMap((verb) => SHORTHANDS[verb] ?? [verb]);
  if (resources === undefined) return { nonResourceURLs: list(second), verbs: sorted(verbs) };
  return {
    apiGroups: sorted(list(second).map((group) => (group === "core" ? "" : group))),
    resources: sorted(list(resources)),
    ...(names === undefined ? {} : { resourceNames: sorted(list(names)) }),
    verbs: sorted(verbs),
  };
}

const list = (text: string): string[] => text.split(",");
const sorted = (values: readonly string[]): string[] => [...new Set(values)].sort();

/** What a component that records events needs. */
export const EVENTS = "create,update,patch core,events.k8s.io events";
