import { named, optionalOneOf, requiredText } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, required } from "../field-error.ts";
import type { MetricSpec, MetricTarget } from "../generated/autoscaling/v2.ts";
import { pathSegmentErrors } from "../names.ts";
import { tryParseQuantity } from "../quantity.ts";
import { validateLabelSelector } from "../selectors.ts";

const SOURCES = {
  ContainerResource: "containerResource",
  External: "external",
  Object: "object",
  Pods: "pods",
  Resource: "resource",
} as const;
const TARGETS = ["Utilization", "Value", "AverageValue"];
const RAW_OR_UTILIZATION = "must set either a target raw value or a target utilization";

/** What is wrong with one metric: its type names the one source that it has, and that source a target. */
export function validateMetric(metric: MetricSpec, field: string): FieldError[] {
  if (!metric.type) return [required(`${field}.type`, "must specify a metric source type")];
  const errors = optionalOneOf(metric.type, Object.keys(SOURCES), `${field}.type`);
  for (const [type, source] of Object.entries(SOURCES)) {
    const isNamed = type === metric.type;
    if (isNamed && metric[source] === undefined) {
      errors.push(required(`${field}.${source}`, "must populate information for the given metric source"));
    } else if (isNamed) errors.push(...sources[source](metric, `${field}.${source}`));
    else if (metric[source] !== undefined) {
      errors.push(forbiddenField(`${field}.${source}`, "must populate the given metric source only"));
    }
  }
  return errors;
}

const sources: Record<(typeof SOURCES)[keyof typeof SOURCES], (metric: MetricSpec, field: string) => FieldError[]> = {
  object({ object }, field) {
    const { describedObject, metric, target } = object!;
    const errors = [
      ...named(describedObject?.kind, pathSegmentErrors, `${field}.describedObject.kind`),
      ...named(describedObject?.name, pathSegmentErrors, `${field}.describedObject.name`),
      ...validateIdentifier(metric, field),
      ...validateTarget(target, `${field}.target`),
    ];
    if (target?.value !== undefined || target?.averageValue !== undefined) return errors;
    return [...errors, required(`${field}.target.averageValue`, "must set either a target value or averageValue")];
  },
  external({ external }, field) {
    const { metric, target } = external!;
    const errors = [...validateIdentifier(metric, field), ...validateTarget(target, `${field}.target`)];
    const [value, average] = [target?.value !== undefined, target?.averageValue !== undefined];
    if (!value && !average) {
      const message = "must set either a target value for metric or a per-pod target";
      errors.push(required(`${field}.target.averageValue`, message));
    }
    if (value && average) {
      const message = "may not set both a target value for metric and a per-pod target";
      errors.push(forbiddenField(`${field}.target.value`, message));
    }
    return errors;
  },
  pods({ pods }, field) {
    const errors = [...validateIdentifier(pods!.metric, field), ...validateTarget(pods!.target, `${field}.target`)];
    if (isPositive(pods!.target?.averageValue)) return errors;
    return [...errors, required(`${field}.target.averageValue`, "must specify a positive target averageValue")];
  },
  resource: ({ resource }, field) => [
    ...requiredText(resource!.name, `${field}.name`, "must specify a resource name"),
    ...validateResourceTarget(resource!.target, `${field}.target`),
  ],
  containerResource: ({ containerResource }, field) => [
    ...requiredText(containerResource!.name, `${field}.name`, "must specify a resource name"),
    ...requiredText(containerResource!.container, `${field}.container`, "must specify a container"),
    ...validateResourceTarget(containerResource!.target, `${field}.target`),
  ],
};

function validateIdentifier(metric: { name: string; selector?: object } | undefined, field: string): FieldError[] {
  return [
    ...requiredText(metric?.name, `${field}.metric.name`, "must specify a metric name"),
    ...(metric?.name
      ? pathSegmentErrors(metric.name).map((why) => invalid(`${field}.metric.name`, metric.name, why))
      : []),
    ...validateLabelSelector(metric?.selector, `${field}.metric.selector`),
  ];
}

function validateResourceTarget(target: MetricTarget | undefined, field: string): FieldError[] {
  const errors = validateTarget(target, field);
  const [utilization, raw] = [target?.averageUtilization !== undefined, target?.averageValue !== undefined];
  if (!utilization && !raw) errors.push(required(`${field}.averageUtilization`, RAW_OR_UTILIZATION));
  if (utilization && raw) {
    const message = "may not set both a target raw value and a target utilization";
    errors.push(forbiddenField(`${field}.averageValue`, message));
  }
  return errors;
}

function validateTarget(target: MetricTarget | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { type, value, averageValue, averageUtilization } = target ?? {};
  if (!type) errors.push(required(`${field}.type`, "must specify a metric target type"));
  else if (!TARGETS.includes(type)) {
    errors.push(invalid(`${field}.type`, type, "must be either Utilization, Value, or AverageValue"));
  }
  if (value !== undefined && !isPositive(value)) errors.push(invalid(`${field}.value`, value, "must be positive"));
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(invalid(`${field}.averageUtilization`, averageUtilization, "must be greater than 0"));
  }
  if (averageValue !== undefined && !isPositive(averageValue)) {
    errors.push(invalid(`${field}.averageValue`, averageValue, "must be positive"));
  }
  return errors;
}

function isPositive(text: string | undefined): boolean {
  return (tryParseQuantity(text)?.nanos ?? 0n) > 0n;
}
