import type { CrossVersionObjectReference, MetricSpec, MetricStatus } from "../generated/autoscaling/v2.ts";
import type { LabelSelector } from "../generated/meta/v1.ts";

/** A metric as annotations of autoscaling/v1 hold it: one level flatter than in v2. */
export interface AnnotatedMetric {
  type: string;
  object?: Named & { target?: CrossVersionObjectReference; targetValue?: string; averageValue?: string };
  pods?: Named & { targetAverageValue?: string };
  resource?: { name: string; targetAverageUtilization?: number; targetAverageValue?: string };
  containerResource?: {
    name: string;
    targetAverageUtilization?: number;
    targetAverageValue?: string;
    container: string;
  };
  external?: { metricName: string; metricSelector?: LabelSelector; targetValue?: string; targetAverageValue?: string };
}

export interface AnnotatedMetricStatus {
  type: string;
  object?: Named & { target?: CrossVersionObjectReference; currentValue?: string; averageValue?: string };
  pods?: Named & { currentAverageValue?: string };
  resource?: { name: string; currentAverageUtilization?: number; currentAverageValue?: string };
  containerResource?: {
    name: string;
    currentAverageUtilization?: number;
    currentAverageValue?: string;
    container: string;
  };
  external?: {
    metricName: string;
    metricSelector?: LabelSelector;
    currentValue?: string;
    currentAverageValue?: string;
  };
}

interface Named {
  metricName: string;
  selector?: LabelSelector;
}

/** Parts that a status lacks are empty in the annotation: statuses are stored as controllers write them. */
export function metricToAnnotation({ type, object, pods, resource, containerResource, external }: MetricSpec) {
  return plain<AnnotatedMetric>({
    type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric?.name,
      targetValue: object.target?.value ?? "0",
      selector: object.metric?.selector,
      averageValue: object.target?.averageValue,
    },
    pods: pods && {
      metricName: pods.metric?.name,
      targetAverageValue: pods.target?.averageValue ?? "0",
      selector: pods.metric?.selector,
    },
    resource: resource && {
      name: resource.name,
      targetAverageUtilization: resource.target?.averageUtilization,
      targetAverageValue: resource.target?.averageValue,
    },
    containerResource: containerResource && {
      name: containerResource.name,
      targetAverageUtilization: containerResource.target?.averageUtilization,
      targetAverageValue: containerResource.target?.averageValue,
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric?.name,
      metricSelector: external.metric?.selector,
      targetValue: external.target?.value,
      targetAverageValue: external.target?.averageValue,
    },
  });
}

export function metricFromAnnotation(metric: AnnotatedMetric): MetricSpec {
  const { type, object, pods, resource, containerResource, external } = metric;
  const utilization = (of: { targetAverageUtilization?: number; targetAverageValue?: string }) => ({
    type: of.targetAverageUtilization === undefined ? "AverageValue" : "Utilization",
    averageUtilization: of.targetAverageUtilization,
    averageValue: of.targetAverageValue,
  });
  return plain<MetricSpec>({
    type,
    object: object && {
      describedObject: object.target,
      target:
        object.averageValue === undefined
          ? { type: "Value", value: object.targetValue }
          : { type: "AverageValue", averageValue: object.averageValue },
      metric: { name: object.metricName, selector: object.selector },
    },
    pods: pods && {
      metric: { name: pods.metricName, selector: pods.selector },
      target: { type: "AverageValue", averageValue: pods.targetAverageValue },
    },
    resource: resource && { name: resource.name, target: utilization(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      target: utilization(containerResource),
      container: containerResource.container,
    },
    external: external && {
      metric: { name: external.metricName, selector: external.metricSelector },
      target: {
        type: external.targetValue === undefined ? "AverageValue" : "Value",
        value: external.targetValue,
        averageValue: external.targetAverageValue,
      },
    },
  });
}

export function metricStatusToAnnotation(status: MetricStatus): AnnotatedMetricStatus {
  const { type, object, pods, resource, containerResource, external } = status;
  return plain<AnnotatedMetricStatus>({
    type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric?.name,
      currentValue: object.current?.value ?? "0",
      selector: object.metric?.selector,
      averageValue: object.current?.averageValue,
    },
    pods: pods && {
      metricName: pods.metric?.name,
      currentAverageValue: pods.current?.averageValue ?? "0",
      selector: pods.metric?.selector,
    },
    resource: resource && {
      name: resource.name,
      currentAverageUtilization: resource.current?.averageUtilization,
      currentAverageValue: resource.current?.averageValue ?? "0",
    },
    containerResource: containerResource && {
      name: containerResource.name,
      currentAverageUtilization: containerResource.current?.averageUtilization,
      currentAverageValue: containerResource.current?.averageValue ?? "0",
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric?.name,
      metricSelector: external.metric?.selector,
      currentValue: external.current?.value ?? "0",
      currentAverageValue: external.current?.averageValue,
    },
  });
}

export function metricStatusFromAnnotation(status: AnnotatedMetricStatus): MetricStatus {
  const { type, object, pods, resource, containerResource, external } = status;
  const usage = (of: { currentAverageUtilization?: number; currentAverageValue?: string }) => ({
    averageUtilization: of.currentAverageUtilization,
    averageValue: of.currentAverageValue,
  });
  return plain<MetricStatus>({
    type,
    object: object && {
      metric: { name: object.metricName, selector: object.selector },
      current: { value: object.currentValue, averageValue: object.averageValue },
      describedObject: object.target,
    },
    pods: pods && {
      metric: { name: pods.metricName, selector: pods.selector },
      current: { averageValue: pods.currentAverageValue },
    },
    resource: resource && { name: resource.name, current: usage(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      current: usage(containerResource),
      container: containerResource.container,
    },
    external: external && {
      metric: { name: external.metricName, selector: external.metricSelector },
      current: { value: external.currentValue, averageValue: external.currentAverageValue },
    },
  });
}

/** Without fields that are undefined: these objects are compared, stored and printed. */
function plain<T>(value: object): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
