import { clusterRoles } from "../../api/generated/resources.ts";
import { aggregateRules, sameRules } from "../../api/rbac-aggregation.ts";
import { type Controller, type ControllerDependencies, from } from "../reconciler.ts";

/** Keeps the rules of aggregated ClusterRoles (admin, edit, view …) together from the roles that they select. */
export function clusterRoleAggregationController({ client, informers }: ControllerDependencies): Controller {
  const roles = informers.informer(clusterRoles);
  return {
    name: "clusterrole-aggregation-controller",
    workers: 5,
    sources: [
      from(roles, () =>
        roles
          .list()
          .filter((role) => role.aggregationRule !== undefined)
          .map((role) => role.metadata?.name ?? ""),
      ),
    ],
    async reconcile(name) {
      const role = roles.get(name);
      if (role === undefined) return undefined;
      const rules = aggregateRules(role, roles.list());
      if (rules === undefined || sameRules(rules, role.rules)) return undefined;
      await client.update(clusterRoles, { ...role, rules });
      return undefined;
    },
  };
}
