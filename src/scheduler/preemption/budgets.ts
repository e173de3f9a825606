import { podDisruptionBudgets } from "../../api/generated/resources.ts";
import { labelSelectorOf } from "../../api/selectors.ts";
import type { InformerSet } from "../../client/informer.ts";
import type { DisruptionBudget } from "./victims.ts";

/** All PodDisruptionBudgets as they stand. */
export function disruptionBudgets(set: InformerSet): () => readonly DisruptionBudget[] {
  const informer = set.projected({
    resource: podDisruptionBudgets,
    project: (budget): DisruptionBudget => {
      const { matchLabels = {}, matchExpressions = [] } = budget.spec?.selector ?? {};
      const selectsNothing = Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
      return {
        namespace: budget.metadata?.namespace ?? "",
        allowed: budget.status?.disruptionsAllowed ?? 0,
        disrupted: new Set(Object.keys(budget.status?.disruptedPods ?? {})),
        // An empty selector protects nothing from preemption, unlike from eviction: upstream's rule.
        matches: selectsNothing ? () => false : labelSelectorOf(budget.spec?.selector),
      };
    },
  });
  return () => informer.list();
}
