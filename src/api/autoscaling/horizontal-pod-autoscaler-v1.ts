import { ageColumn, nameColumn, textColumn, textNumberColumn } from "../columns.ts";
import { nonNegative } from "../field-checks.ts";
import type { HorizontalPodAutoscaler as AutoscalerV1 } from "../generated/autoscaling/v1.ts";
import { defineKind } from "../kind.ts";
import { autoscalerToStored } from "./convert-autoscaler.ts";
import { validateAutoscaler } from "./validate-autoscaler.ts";

const TARGET_UTILIZATION = 80;

/** The old version: one metric, cpu. */
export const horizontalPodAutoscalerV1Kind = defineKind<AutoscalerV1>({
  group: "autoscaling",
  version: "v1",
  kind: "HorizontalPodAutoscaler",
  withoutGeneration: true,
  setDefaults({ spec }) {
    if (spec !== undefined) spec.minReplicas ??= 1;
  },
  validate: (autoscaler, old) =>
    validateAutoscaler(autoscalerToStored(autoscaler), old === undefined ? undefined : autoscalerToStored(old)),
  validateStatusUpdate: ({ status }) => [
    ...nonNegative(status?.currentReplicas, "status.currentReplicas"),
    ...nonNegative(status?.desiredReplicas, "status.desiredReplicas"),
  ],
  columns: [
    nameColumn,
    textColumn<AutoscalerV1>(
      "Reference",
      "The resource to scale.",
      ({ spec }) => `${spec?.scaleTargetRef?.kind}/${spec?.scaleTargetRef?.name}`,
    ),
    textColumn<AutoscalerV1>("Targets", "The target average CPU utilization.", ({ spec, status }) => {
      const current = status?.currentCPUUtilizationPercentage;
      return `cpu: ${current === undefined ? "<unknown>" : `${current}%`}/${spec?.targetCPUUtilizationPercentage ?? TARGET_UTILIZATION}%`;
    }),
    textColumn<AutoscalerV1>("MinPods", "The lower limit for the number of replicas.", ({ spec }) =>
      String(spec?.minReplicas ?? "<unset>"),
    ),
    textNumberColumn<AutoscalerV1>(
      "MaxPods",
      "The upper limit for the number of replicas.",
      ({ spec }) => spec?.maxReplicas,
    ),
    textNumberColumn<AutoscalerV1>(
      "Replicas",
      "The current number of replicas.",
      ({ status }) => status?.currentReplicas,
    ),
    ageColumn,
  ],
});
