import { ageColumn, nameColumn, textColumn, textNumberColumn } from "../columns.ts";
import { nonNegative } from "../field-checks.ts";
import type { HorizontalPodAutoscaler } from "../generated/autoscaling/v2.ts";
import { columnTexts } from "../generated/column-texts.ts";
import { defineKind } from "../kind.ts";
import { formatMetrics } from "./metrics.ts";
import { hasReserved, withReserved } from "./reserved-annotations.ts";
import { validateAutoscaler } from "./validate-autoscaler.ts";

const TARGET_UTILIZATION = 80;

export const horizontalPodAutoscalerKind = defineKind<HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  withoutGeneration: true,
  setDefaults(autoscaler) {
    // Whatever a client writes in them, they say something in autoscaling/v1 only.
    if (hasReserved(autoscaler.metadata)) autoscaler.metadata = withReserved(autoscaler.metadata, {});
    const { spec } = autoscaler;
    if (spec === undefined) return;
    spec.minReplicas ??= 1;
    if ((spec.metrics ?? []).length === 0) {
      const target = { type: "Utilization", averageUtilization: TARGET_UTILIZATION };
      spec.metrics = [{ type: "Resource", resource: { name: "cpu", target } }];
    }
    if (spec.behavior === undefined) return;
    const { scaleUp, scaleDown } = spec.behavior;
    spec.behavior.scaleUp = {
      stabilizationWindowSeconds: 0,
      selectPolicy: "Max",
      policies: [
        { type: "Pods", value: 4, periodSeconds: 15 },
        { type: "Percent", value: 100, periodSeconds: 15 },
      ],
      ...scaleUp,
    };
    spec.behavior.scaleDown = {
      selectPolicy: "Max",
      policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
      ...scaleDown,
    };
  },
  prepareForCreate(autoscaler) {
    autoscaler.status = { desiredReplicas: 0 };
  },
  validate: validateAutoscaler,
  validateStatusUpdate: ({ status }) => [
    ...nonNegative(status?.currentReplicas, "status.currentReplicas"),
    ...nonNegative(status?.desiredReplicas, "status.desiredReplicas"),
  ],
  columns: [
    nameColumn,
    textColumn<HorizontalPodAutoscaler>(
      "Reference",
      columnTexts["autoscaling.v2.HorizontalPodAutoscalerSpec.scaleTargetRef"],
      ({ spec }) => `${spec?.scaleTargetRef?.kind}/${spec?.scaleTargetRef?.name}`,
    ),
    textColumn<HorizontalPodAutoscaler>(
      "Targets",
      columnTexts["autoscaling.v2.HorizontalPodAutoscalerSpec.metrics"],
      ({ spec, status }) => formatMetrics(spec?.metrics ?? [], status?.currentMetrics ?? []),
    ),
    textColumn<HorizontalPodAutoscaler>(
      "MinPods",
      columnTexts["autoscaling.v2.HorizontalPodAutoscalerSpec.minReplicas"],
      ({ spec }) => String(spec?.minReplicas ?? "<unset>"),
    ),
    textNumberColumn<HorizontalPodAutoscaler>(
      "MaxPods",
      columnTexts["autoscaling.v2.HorizontalPodAutoscalerSpec.maxReplicas"],
      ({ spec }) => spec?.maxReplicas,
    ),
    textNumberColumn<HorizontalPodAutoscaler>(
      "Replicas",
      columnTexts["autoscaling.v2.HorizontalPodAutoscalerStatus.currentReplicas"],
      ({ status }) => status?.currentReplicas,
    ),
    ageColumn,
  ],
});
