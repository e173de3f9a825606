import type { LabelSelector } from "../generated/meta/v1.ts";
import type { PodDisruptionBudget } from "../generated/policy/v1.ts";

/** In selectors that were converted between the versions, whose empty selectors mean the opposite of each other. */
const EMPTY_SELECTOR = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match";

/** A budget of policy/v1beta1 in v1: there an empty selector selects no pod, here every pod. Does not change what it is given. */
export function budgetFromV1beta1(budget: PodDisruptionBudget): PodDisruptionBudget {
  const { spec } = budget;
  const present: PodDisruptionBudget = { ...budget, apiVersion: "policy/v1" };
  if (spec?.selector === undefined) return present;
  return { ...present, spec: { ...spec, selector: selectorOf(spec.selector) } };
}

function selectorOf(selector: LabelSelector): LabelSelector {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const own = matchExpressions.filter(({ key }) => key !== EMPTY_SELECTOR);
  const hasLabels = Object.keys(matchLabels).length > 0;
  if (matchExpressions.length === 0 && !hasLabels) {
    return { matchExpressions: [{ key: EMPTY_SELECTOR, operator: "Exists" }] };
  }
  if (own.length === matchExpressions.length) return selector;
  const { matchExpressions: _dropped, ...rest } = selector;
  return own.length === 0 ? rest : { ...rest, matchExpressions: own };
}
