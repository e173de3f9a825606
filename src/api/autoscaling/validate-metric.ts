import { validateContainerResourceName } from "../core/validate-resources.ts";
import { named, optionalNamed, requiredText } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { MetricSpec, MetricTarget } from "../generated/autoscaling/v2.ts";
import { dnsLabelErrors, pathSegmentErrors } from "../names.ts";
import { tryParseQuantity } from "../quantity.ts";

const SOURCES = {
  ContainerResource: "containerResource",
  External: "external",
  Object: "object",
  Pods: "pods",
  Resource: "resource",
} as const;
/** In the order in which upstream looks for them: the first is the one whose rules count. */
const LOOKED_FOR = ["object", "external", "pods", "resource", "containerResource"] as const;
const TARGETS = ["Utilization", "Value", "AverageValue"];
const RAW_OR_UTILIZATION = "must set either a target raw value or a target utilization";

/** What is wrong with one metric: its type names the one source that it has, and that source a target. */
export function validateMetric(metric: MetricSpec, field: string): FieldError[] {
  const { type = "" } = metric;
  const errors = type === "" ? [required(`${field}.type`, "must specify a metric source type")] : [];
  const expected = Object.hasOwn(SOURCES, type) ? SOURCES[type as keyof typeof SOURCES] : undefined;
  if (expected === undefined) errors.push(notSupported(`${field}.type`, type, Object.keys(SOURCES)));
  const present = LOOKED_FOR.filter((source) => metric[source] !== undefined);
  const [first] = present;
  if (first !== undefined) errors.push(...sources[first](metric, `${field}.${first}`));
  if (expected !== undefined && metric[expected] === undefined) {
    errors.push(required(`${field}.${expected}`, "must populate information for the given metric source"));
  }
  if (present.length === 1) return errors;
  for (const source of present) {
    if (source === expected) continue;
    errors.push(forbiddenField(`${field}.${source}`, "must populate the given metric source only"));
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
    if (pods!.target?.averageValue !== undefined) return errors;
    return [...errors, required(`${field}.target.averageValue`, "must specify a positive target averageValue")];
  },
  resource: ({ resource }, field) => [
    ...requiredText(resource!.name, `${field}.name`, "must specify a resource name"),
    ...validateResourceTarget(resource!.target, `${field}.target`),
  ],
  containerResource({ containerResource }, field) {
    const { name, container, target } = containerResource!;
    const errors = requiredText(name, `${field}.name`, "must specify a resource name");
    if (name) errors.push(...validateContainerResourceName(name, `${field}.name`));
    errors.push(...requiredText(container, `${field}.container`, "must specify a container"));
    errors.push(...optionalNamed(container, dnsLabelErrors, `${field}.container`));
    return [...errors, ...validateResourceTarget(target, `${field}.target`)];
  },
};

function validateIdentifier(metric: { name: string; selector?: object } | undefined, field: string): FieldError[] {
  return [
    ...requiredText(metric?.name, `${field}.metric.name`, "must specify a metric name"),
    ...(metric?.name
      ? pathSegmentErrors(metric.name).map((why) => invalid(`${field}.metric.name`, metric.name, why))
      : []),
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
  if (!TARGETS.includes(type ?? "")) {
    errors.push(invalid(`${field}.type`, type ?? "", "must be either Utilization, Value, or AverageValue"));
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
