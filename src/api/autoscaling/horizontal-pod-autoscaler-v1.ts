import { ageColumn, nameColumn, textColumn, textNumberColumn } from "../columns.ts";
import { nonNegative } from "../field-checks.ts";
import type { HorizontalPodAutoscaler as AutoscalerV1 } from "../generated/autoscaling/v1.ts";
import { columnTexts } from "../generated/column-texts.ts";
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
      columnTexts["autoscaling.v2.HorizontalPodAutoscalerSpec.scaleTargetRef"],
      ({ spec }) => `${spec?.scaleTargetRef?.kind}/${spec?.scaleTargetRef?.name}`,
    ),
    textColumn<AutoscalerV1>(
      "Targets",
      columnTexts["autoscaling.v2.HorizontalPodAutoscalerSpec.metrics"],
      ({ spec, status }) => {
        const current = status?.currentCPUUtilizationPercentage;
        return `cpu: ${current === undefined ? "<unknown>" : `${current}%`}/${spec?.targetCPUUtilizationPercentage ?? TARGET_UTILIZATION}%`;
      },
    ),
    textColumn<AutoscalerV1>(
      "MinPods",
      columnTexts["autoscaling.v2.HorizontalPodAutoscalerSpec.minReplicas"],
      ({ spec }) => String(spec?.minReplicas ?? "<unset>"),
    ),
    textNumberColumn<AutoscalerV1>(
      "MaxPods",
      columnTexts["autoscaling.v2.HorizontalPodAutoscalerSpec.maxReplicas"],
      ({ spec }) => spec?.maxReplicas,
    ),
    textNumberColumn<AutoscalerV1>(
      "Replicas",
      columnTexts["autoscaling.v2.HorizontalPodAutoscalerStatus.currentReplicas"],
      ({ status }) => status?.currentReplicas,
    ),
    ageColumn,
  ],
});
