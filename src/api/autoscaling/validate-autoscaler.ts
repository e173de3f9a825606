import { named, nonNegativeQuantity } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
  HPAScalingPolicy,
  HPAScalingRules,
} from "../generated/autoscaling/v2.ts";
import { pathSegmentErrors } from "../names.ts";
import { validateMetric } from "./validate-metric.ts";

const WINDOW_MAX = 3600;
const PERIOD_MAX = 1800;
const SELECT_POLICIES = ["Disabled", "Max", "Min"];
const POLICY_TYPES = ["Percent", "Pods"];

/** What is wrong with an autoscaler. One that went down to zero before may do so again. */
export function validateAutoscaler({ spec }: HorizontalPodAutoscaler, old?: HorizontalPodAutoscaler): FieldError[] {
  return [
    ...validateReplicas(spec, old?.spec?.minReplicas === 0 ? 0 : 1),
    ...(spec?.metrics ?? []).flatMap((metric, index) => validateMetric(metric, `spec.metrics[${index}]`)),
    ...validateScaleToZero(spec),
    ...validateRules(spec?.behavior?.scaleUp, "spec.behavior.scaleUp"),
    ...validateRules(spec?.behavior?.scaleDown, "spec.behavior.scaleDown"),
  ];
}

function validateReplicas(spec: Partial<HorizontalPodAutoscalerSpec> | undefined, lowest: number): FieldError[] {
  const errors: FieldError[] = [];
  const { minReplicas, maxReplicas = 0, scaleTargetRef } = spec ?? {};
  if (minReplicas !== undefined && minReplicas < lowest) {
    errors.push(invalid("spec.minReplicas", minReplicas, `must be greater than or equal to ${lowest}`));
  }
  if (maxReplicas < 1) errors.push(invalid("spec.maxReplicas", maxReplicas, "must be greater than 0"));
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.push(invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`"));
  }
  return [
    ...errors,
    ...named(scaleTargetRef?.kind, pathSegmentErrors, "spec.scaleTargetRef.kind"),
    ...named(scaleTargetRef?.name, pathSegmentErrors, "spec.scaleTargetRef.name"),
  ];
}

/** Without pods there is nothing to measure in them. */
function validateScaleToZero(spec: HorizontalPodAutoscalerSpec | undefined): FieldError[] {
  if (spec?.minReplicas !== 0) return [];
  const isElsewhere = (spec.metrics ?? []).some((metric) => metric.type === "Object" || metric.type === "External");
  const message = "must specify at least one Object or External metric to support scaling to zero replicas";
  return isElsewhere ? [] : [forbiddenField("spec.metrics", message)];
}

function validateRules(rules: HPAScalingRules | undefined, field: string): FieldError[] {
  if (rules === undefined) return [];
  const errors: FieldError[] = [];
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  const path = `${field}.stabilizationWindowSeconds`;
  if (window !== undefined && window < 0) {
    errors.push(invalid(path, window, "must be greater than or equal to zero"));
  }
  if (window !== undefined && window > WINDOW_MAX) {
    errors.push(invalid(path, window, `must be less than or equal to ${WINDOW_MAX}`));
  }
  if (selectPolicy !== undefined && !SELECT_POLICIES.includes(selectPolicy)) {
    errors.push(notSupported(`${field}.selectPolicy`, selectPolicy, SELECT_POLICIES));
  }
  if (policies.length === 0) errors.push(required(`${field}.policies`, "must specify at least one Policy"));
  errors.push(...policies.flatMap((policy, index) => validatePolicy(policy, `${field}.policies[${index}]`)));
  if (tolerance !== undefined) errors.push(...nonNegativeQuantity(tolerance, `${field}.tolerance`));
  return errors;
}

function validatePolicy(policy: HPAScalingPolicy, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { type = "", value = 0, periodSeconds: period = 0 } = policy;
  if (!POLICY_TYPES.includes(type)) errors.push(notSupported(`${field}.type`, type, POLICY_TYPES));
  if (value <= 0) errors.push(invalid(`${field}.value`, value, "must be greater than zero"));
  if (period <= 0) errors.push(invalid(`${field}.periodSeconds`, period, "must be greater than zero"));
  if (period > PERIOD_MAX) {
    errors.push(invalid(`${field}.periodSeconds`, period, `must be less than or equal to ${PERIOD_MAX}`));
  }
  return errors;
}
