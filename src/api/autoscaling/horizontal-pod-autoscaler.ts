import { ageColumn, integerColumn, nameColumn, textColumn } from "../columns.ts";
import { named, optionalOneOf } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type { HorizontalPodAutoscaler as AutoscalerV1 } from "../generated/autoscaling/v1.ts";
import type { HorizontalPodAutoscaler, HPAScalingRules } from "../generated/autoscaling/v2.ts";
import { defineKind } from "../kind.ts";
import { pathSegmentErrors } from "../names.ts";
import { formatMetrics } from "./metrics.ts";
import { validateMetric } from "./validate-metric.ts";

const TARGET_UTILIZATION = 80;

export const horizontalPodAutoscalerKind = defineKind<HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  withoutGeneration: true,
  setDefaults({ spec }) {
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
  columns: [
    nameColumn,
    textColumn<HorizontalPodAutoscaler>(
      "Reference",
      "The resource to scale.",
      ({ spec }) => `${spec?.scaleTargetRef?.kind}/${spec?.scaleTargetRef?.name}`,
    ),
    textColumn<HorizontalPodAutoscaler>(
      "Targets",
      "The specifications for which to use to calculate the desired replica count.",
      ({ spec, status }) => formatMetrics(spec?.metrics ?? [], status?.currentMetrics ?? []),
    ),
    textColumn<HorizontalPodAutoscaler>("MinPods", "The lower limit for the number of replicas.", ({ spec }) =>
      String(spec?.minReplicas ?? "<unset>"),
    ),
    integerColumn<HorizontalPodAutoscaler>(
      "MaxPods",
      "The upper limit for the number of replicas.",
      ({ spec }) => spec?.maxReplicas,
    ),
    integerColumn<HorizontalPodAutoscaler>(
      "Replicas",
      "The current number of replicas.",
      ({ status }) => status?.currentReplicas,
    ),
    ageColumn,
  ],
});

/** The old version: one metric, cpu. */
export const horizontalPodAutoscalerV1Kind = defineKind<AutoscalerV1>({
  group: "autoscaling",
  version: "v1",
  kind: "HorizontalPodAutoscaler",
  withoutGeneration: true,
  setDefaults({ spec }) {
    if (spec !== undefined) spec.minReplicas ??= 1;
  },
  validate: ({ spec }) => validateReplicas(spec),
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
    integerColumn<AutoscalerV1>(
      "MaxPods",
      "The upper limit for the number of replicas.",
      ({ spec }) => spec?.maxReplicas,
    ),
    integerColumn<AutoscalerV1>("Replicas", "The current number of replicas.", ({ status }) => status?.currentReplicas),
    ageColumn,
  ],
});

interface ReplicaBounds {
  minReplicas?: number;
  maxReplicas?: number;
  scaleTargetRef?: { kind?: string; name?: string };
}

function validateReplicas(spec: ReplicaBounds | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const { minReplicas = 1, maxReplicas = 0, scaleTargetRef } = spec ?? {};
  if (minReplicas < 1) errors.push(invalid("spec.minReplicas", minReplicas, "must be greater than or equal to 1"));
  if (maxReplicas < 1) errors.push(invalid("spec.maxReplicas", maxReplicas, "must be greater than 0"));
  if (maxReplicas < minReplicas) {
    errors.push(invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`"));
  }
  return [
    ...errors,
    ...named(scaleTargetRef?.kind, pathSegmentErrors, "spec.scaleTargetRef.kind"),
    ...named(scaleTargetRef?.name, pathSegmentErrors, "spec.scaleTargetRef.name"),
  ];
}

function validateAutoscaler({ spec }: HorizontalPodAutoscaler): FieldError[] {
  return [
    ...validateReplicas(spec),
    ...(spec?.metrics ?? []).flatMap((metric, index) => validateMetric(metric, `spec.metrics[${index}]`)),
    ...validateRules(spec?.behavior?.scaleUp, "spec.behavior.scaleUp"),
    ...validateRules(spec?.behavior?.scaleDown, "spec.behavior.scaleDown"),
  ];
}

function validateRules(rules: HPAScalingRules | undefined, field: string): FieldError[] {
  if (rules === undefined) return [];
  const errors: FieldError[] = [];
  const window = rules.stabilizationWindowSeconds;
  if (window !== undefined && window < 0) {
    errors.push(invalid(`${field}.stabilizationWindowSeconds`, window, "must be greater than or equal to zero"));
  }
  if (window !== undefined && window > 3600) {
    errors.push(invalid(`${field}.stabilizationWindowSeconds`, window, "must be less than or equal to 3600"));
  }
  errors.push(...optionalOneOf(rules.selectPolicy, ["Disabled", "Max", "Min"], `${field}.selectPolicy`));
  if ((rules.policies ?? []).length === 0)
    errors.push(required(`${field}.policies`, "must specify at least one Policy"));
  (rules.policies ?? []).forEach((policy, index) => {
    const path = `${field}.policies[${index}]`;
    errors.push(...optionalOneOf(policy.type, ["Percent", "Pods"], `${path}.type`));
    if (policy.value <= 0) errors.push(invalid(`${path}.value`, policy.value, "must be greater than zero"));
    if (policy.periodSeconds <= 0)
      errors.push(invalid(`${path}.periodSeconds`, policy.periodSeconds, "must be greater than zero"));
    if (policy.periodSeconds > 1800) {
      errors.push(invalid(`${path}.periodSeconds`, policy.periodSeconds, "must be less than or equal to 1800"));
    }
  });
  return errors;
}
