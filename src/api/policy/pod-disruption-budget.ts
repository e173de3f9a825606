import { validateIntOrPercent, validateNotOverHundredPercent } from "../apps/workload.ts";
import { ageColumn, integerColumn, nameColumn, textColumn } from "../columns.ts";
import { nonNegative } from "../field-checks.ts";
import { type FieldError, invalid, notSupported } from "../field-error.ts";
import type { LabelSelector } from "../generated/meta/v1.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetSpec } from "../generated/policy/v1.ts";
import { defineKind } from "../kind.ts";
import { validateConditions } from "../metav1-conditions.ts";
import { validateLabelSelector } from "../selectors.ts";

const BETA_LABEL = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match";
const EVICTION_POLICIES = ["AlwaysAllow", "IfHealthyBudget"];

/** A budget's spec as upstream shows it in a message. */
const shown = (spec: PodDisruptionBudgetSpec): object => ({
  MinAvailable: spec.minAvailable ?? null,
  Selector: spec.selector ?? null,
  MaxUnavailable: spec.maxUnavailable ?? null,
  UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
});

export const podDisruptionBudgetKind = defineKind<PodDisruptionBudget>({
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  nameRule: "pathSegment",
  refusesUnconditionalUpdate: true,
  setDefaults({ spec }) {
    if (spec?.selector !== undefined) dropBetaLabel(spec.selector);
  },
  prepareForCreate(budget) {
    budget.status = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    if (spec?.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
      errors.push(invalid("spec", shown(spec), "minAvailable and maxUnavailable cannot be both set"));
    }
    for (const key of ["minAvailable", "maxUnavailable"] as const) {
      errors.push(...validateIntOrPercent(spec?.[key], `spec.${key}`));
      errors.push(...validateNotOverHundredPercent(spec?.[key], `spec.${key}`));
    }
    errors.push(...validateLabelSelector(spec?.selector, "spec.selector"));
    const policy = spec?.unhealthyPodEvictionPolicy;
    if (policy !== undefined && !EVICTION_POLICIES.includes(policy)) {
      errors.push(notSupported("spec.unhealthyPodEvictionPolicy", policy, EVICTION_POLICIES));
    }
    return errors;
  },
  validateStatusUpdate: ({ status }) => [
    ...validateConditions(status?.conditions, "status.conditions"),
    ...(["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] as const).flatMap((key) =>
      nonNegative(status?.[key], `status.${key}`),
    ),
  ],
  columns: [
    nameColumn,
    textColumn<PodDisruptionBudget>("Min Available", "The minimum number of pods that must be available.", ({ spec }) =>
      String(spec?.minAvailable ?? "N/A"),
    ),
    textColumn<PodDisruptionBudget>(
      "Max Unavailable",
      "The maximum number of pods that may be unavailable.",
      ({ spec }) => String(spec?.maxUnavailable ?? "N/A"),
    ),
    integerColumn<PodDisruptionBudget>(
      "Allowed Disruptions",
      "Calculated number of pods that may be disrupted at this time.",
      ({ status }) => status?.disruptionsAllowed,
    ),
    ageColumn,
  ],
});

/** The label by which the beta version said "all" and "none": beside other requirements it means nothing. */
function dropBetaLabel(selector: LabelSelector): void {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const kept = matchExpressions.filter(({ key }) => key !== BETA_LABEL);
  if (kept.length === matchExpressions.length) return;
  const only = matchExpressions.length === 1 && Object.keys(matchLabels).length === 0 ? matchExpressions[0] : undefined;
  if (only?.operator === "Exists" && (only.values ?? []).length === 0) return;
  if (kept.length > 0) selector.matchExpressions = kept;
  else delete selector.matchExpressions;
}
