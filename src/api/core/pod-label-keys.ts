import type { Pod, PodAffinityTerm, TopologySpreadConstraint } from "../generated/core/v1.ts";
import type { Labels } from "../selectors.ts";

type Term = Pick<PodAffinityTerm, "labelSelector" | "matchLabelKeys" | "mismatchLabelKeys"> &
  Pick<TopologySpreadConstraint, "matchLabelKeys">;

/**
 * Writes the pod's own values of the labels that its (anti)affinity and spread name by key into their selectors. A term
 * without a selector matches no pod, and stays so.
 */
export function mergeLabelKeys(pod: Pod): void {
  const { affinity, topologySpreadConstraints = [] } = pod.spec ?? {};
  const labels = pod.metadata?.labels ?? {};
  for (const kind of [affinity?.podAffinity, affinity?.podAntiAffinity]) {
    for (const term of kind?.requiredDuringSchedulingIgnoredDuringExecution ?? []) mergeTerm(term, labels);
    for (const weighted of kind?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
      if (weighted.podAffinityTerm !== undefined) mergeTerm(weighted.podAffinityTerm, labels);
    }
  }
  for (const constraint of topologySpreadConstraints) mergeTerm(constraint, labels);
}

function mergeTerm({ labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] }: Term, labels: Labels): void {
  if (labelSelector === undefined) return;
  const added = [
    ...matchLabelKeys.map((key) => ({ key, operator: "In" })),
    ...mismatchLabelKeys.map((key) => ({ key, operator: "NotIn" })),
  ].flatMap(({ key, operator }) => (Object.hasOwn(labels, key) ? [{ key, operator, values: [labels[key]!] }] : []));
  if (added.length > 0) labelSelector.matchExpressions = [...(labelSelector.matchExpressions ?? []), ...added];
}
