import type { HorizontalPodAutoscalerBehavior } from "../generated/autoscaling/v2.ts";
import { isJsonObject, type JsonObject, setField } from "../patch/json-value.ts";

/** The behavior as an annotation holds it: upstream writes its internal type, whose fields begin with capital letters. */
export function behaviorText(behavior: HorizontalPodAutoscalerBehavior): string {
  const { scaleUp, scaleDown } = behavior;
  const rules = (of: typeof scaleUp) =>
    of === undefined
      ? null
      : {
          StabilizationWindowSeconds: of.stabilizationWindowSeconds ?? null,
          SelectPolicy: of.selectPolicy ?? null,
          Policies: (of.policies ?? []).map(({ type, value, periodSeconds }) => ({
            Type: type,
            Value: value,
            PeriodSeconds: periodSeconds,
          })),
          Tolerance: of.tolerance ?? null,
        };
  return JSON.stringify({ ScaleUp: rules(scaleUp), ScaleDown: rules(scaleDown) });
}

/** Reads the annotation, whatever the case of its fields; undefined when it says nothing. */
export function behaviorFromText(text: string | undefined): HorizontalPodAutoscalerBehavior | undefined {
  try {
    const behavior = uncapitalized(JSON.parse(text ?? "null"));
    return isJsonObject(behavior) && Object.keys(behavior).length > 0
      ? (behavior as HorizontalPodAutoscalerBehavior)
      : undefined;
  } catch {
    return undefined;
  }
}

function uncapitalized(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(uncapitalized);
  if (!isJsonObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, each] of Object.entries(value)) {
    if (each !== null) setField(result, key.charAt(0).toLowerCase() + key.slice(1), uncapitalized(each));
  }
  return result;
}
