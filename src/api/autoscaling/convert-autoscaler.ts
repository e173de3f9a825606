import type { HorizontalPodAutoscaler as AutoscalerV1 } from "../generated/autoscaling/v1.ts";
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerStatus,
  MetricSpec,
  MetricStatus,
} from "../generated/autoscaling/v2.ts";
import { cloneJson } from "../patch/json-value.ts";
import { behaviorFromText, behaviorText } from "./annotated-behavior.ts";
import {
  type AnnotatedMetric,
  type AnnotatedMetricStatus,
  metricFromAnnotation,
  metricStatusFromAnnotation,
  metricStatusToAnnotation,
  metricToAnnotation,
} from "./annotated-metrics.ts";
import { horizontalPodAutoscalerKind } from "./horizontal-pod-autoscaler.ts";
import { BEHAVIOR, CONDITIONS, CURRENT_METRICS, METRICS, withReserved } from "./reserved-annotations.ts";

/** An autoscaler of autoscaling/v1 as autoscaling/v2 has it, defaults filled in as v2 does when it reads. */
export function autoscalerToStored(old: AutoscalerV1): HorizontalPodAutoscaler {
  const { spec, status } = old;
  const annotations = old.metadata?.annotations ?? {};
  const metrics = [...metricsFrom(annotations[METRICS]), ...cpuTarget(spec?.targetCPUUtilizationPercentage)];
  const behavior = behaviorFromText(annotations[BEHAVIOR]);
  const converted: HorizontalPodAutoscaler = {
    ...old,
    apiVersion: "autoscaling/v2",
    metadata: withReserved(old.metadata, {}),
    spec: {
      scaleTargetRef: spec?.scaleTargetRef,
      ...(spec?.minReplicas !== undefined && { minReplicas: spec.minReplicas }),
      maxReplicas: spec?.maxReplicas,
      ...(metrics.length > 0 && { metrics }),
      ...(behavior !== undefined && { behavior }),
    },
    ...(status !== undefined && { status: statusToStored(status, annotations) }),
  } as HorizontalPodAutoscaler;
  const draft = cloneJson(converted);
  horizontalPodAutoscalerKind.setDefaults?.(draft);
  return draft;
}

/** An autoscaler of autoscaling/v2 as autoscaling/v1 shows it. */
export function autoscalerFromStored(stored: HorizontalPodAutoscaler): AutoscalerV1 {
  const { spec, status } = stored;
  const metrics = spec?.metrics ?? [];
  const shares = metrics.filter((metric) => isCpu(metric) && metric.resource?.target?.averageUtilization !== undefined);
  const target = shares[0]?.resource?.target?.averageUtilization;
  const others = metrics.filter((metric) => !shares.includes(metric));
  const { conditions = [] } = status ?? {};
  const currentMetrics = status?.currentMetrics ?? [];
  const added = {
    ...(others.length > 0 && { [METRICS]: JSON.stringify(others.map(metricToAnnotation)) }),
    ...(currentMetrics.length > 0 && {
      [CURRENT_METRICS]: JSON.stringify(currentMetrics.map(metricStatusToAnnotation)),
    }),
    ...(spec?.behavior !== undefined && { [BEHAVIOR]: behaviorText(spec.behavior) }),
    ...(conditions.length > 0 && { [CONDITIONS]: JSON.stringify(conditions) }),
  };
  return {
    ...stored,
    apiVersion: "autoscaling/v1",
    metadata: withReserved(stored.metadata, added),
    spec: {
      scaleTargetRef: spec?.scaleTargetRef,
      ...(spec?.minReplicas !== undefined && { minReplicas: spec.minReplicas }),
      maxReplicas: spec?.maxReplicas,
      ...(target !== undefined && { targetCPUUtilizationPercentage: target }),
    },
    ...(status !== undefined && { status: statusFromStored(status) }),
  } as AutoscalerV1;
}

function statusToStored(
  status: NonNullable<AutoscalerV1["status"]>,
  annotations: Readonly<Record<string, string>>,
): HorizontalPodAutoscalerStatus {
  const { currentCPUUtilizationPercentage: used, ...same } = status;
  // The annotation knows more than the one number.
  const annotated = parsed<AnnotatedMetricStatus>(annotations[CURRENT_METRICS])?.map(metricStatusFromAnnotation);
  const cpu: MetricStatus[] =
    used === undefined ? [] : [{ type: "Resource", resource: { name: "cpu", current: { averageUtilization: used } } }];
  const currentMetrics = annotated ?? cpu;
  const conditions = parsed<HorizontalPodAutoscalerCondition>(annotations[CONDITIONS]) ?? [];
  return {
    ...same,
    ...(currentMetrics.length > 0 && { currentMetrics }),
    ...(conditions.length > 0 && { conditions }),
  };
}

function statusFromStored(status: HorizontalPodAutoscalerStatus): NonNullable<AutoscalerV1["status"]> {
  const { currentMetrics: metrics, conditions: _, currentReplicas = 0, desiredReplicas, ...same } = status;
  const shares = (metrics ?? []).filter(isCpu).map(({ resource }) => resource?.current?.averageUtilization);
  const cpu = shares.findLast((share) => share !== undefined);
  return {
    ...same,
    currentReplicas,
    desiredReplicas,
    ...(cpu !== undefined && { currentCPUUtilizationPercentage: cpu }),
  };
}

function isCpu(metric: { type: string; resource?: { name: string } }): boolean {
  return metric.type === "Resource" && metric.resource?.name === "cpu";
}

function metricsFrom(text: string | undefined): MetricSpec[] {
  return (parsed<AnnotatedMetric>(text) ?? []).map(metricFromAnnotation);
}

function cpuTarget(averageUtilization: number | undefined): MetricSpec[] {
  if (averageUtilization === undefined) return [];
  return [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization } } }];
}

/** Nobody validates these annotations: what is not a list of objects counts as absent. */
function parsed<T>(text: string | undefined): T[] | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    const isList = Array.isArray(value) && value.every((each) => typeof each === "object" && each !== null);
    return isList ? (value as T[]) : undefined;
  } catch {
    return undefined;
  }
}
