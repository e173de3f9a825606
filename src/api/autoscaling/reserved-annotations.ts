import type { ObjectMeta } from "../meta.ts";

/** What autoscaling/v1 has no fields for stands in annotations, so that nothing is lost on the way through it. */
export const METRICS = "autoscaling.alpha.kubernetes.io/metrics";
export const CURRENT_METRICS = "autoscaling.alpha.kubernetes.io/current-metrics";
export const CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions";
export const BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior";
const RESERVED: readonly string[] = [METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR];

export const hasReserved = (metadata: ObjectMeta | undefined): boolean =>
  RESERVED.some((name) => metadata?.annotations?.[name] !== undefined);

/** The metadata with these annotations and none of the reserved ones that it had. */
export function withReserved(metadata: ObjectMeta | undefined, added: Record<string, string>): ObjectMeta {
  const kept = Object.entries(metadata?.annotations ?? {}).filter(([name]) => !RESERVED.includes(name));
  const { annotations: _, ...rest } = metadata ?? {};
  const annotations = { ...Object.fromEntries(kept), ...added };
  return { ...rest, ...(Object.keys(annotations).length > 0 && { annotations }) };
}
