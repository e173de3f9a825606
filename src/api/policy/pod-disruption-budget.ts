import { validateIntOrPercent, validateNotOverHundredPercent } from "../apps/workload.ts";
import { ageColumn, integerColumn, nameColumn, textColumn } from "../columns.ts";
import { nonNegative, optionalOneOf } from "../field-checks.ts";
import { type FieldError, invalid } from "../field-error.ts";
import type { PodDisruptionBudget } from "../generated/policy/v1.ts";
import { defineKind } from "../kind.ts";
import { validateLabelSelector } from "../selectors.ts";

export const podDisruptionBudgetKind = defineKind<PodDisruptionBudget>({
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  prepareForCreate(budget) {
    budget.status = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    if (spec?.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
      errors.push(invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set"));
    }
    for (const key of ["minAvailable", "maxUnavailable"] as const) {
      errors.push(...validateIntOrPercent(spec?.[key], `spec.${key}`));
      errors.push(...validateNotOverHundredPercent(spec?.[key], `spec.${key}`));
    }
    errors.push(...validateLabelSelector(spec?.selector, "spec.selector"));
    const policies = ["AlwaysAllow", "IfHealthyBudget"];
    return [...errors, ...optionalOneOf(spec?.unhealthyPodEvictionPolicy, policies, "spec.unhealthyPodEvictionPolicy")];
  },
  validateStatusUpdate: ({ status }) =>
    (["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] as const).flatMap((key) =>
      nonNegative(status?.[key], `status.${key}`),
    ),
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
