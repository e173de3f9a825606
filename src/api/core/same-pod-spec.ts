import type { Pod, PodSpec } from "../generated/core/v1.ts";

/**
 * Whether a later state of a pod has the spec of an earlier one, told without a look at it: the API server counts each change of
 * a spec in `metadata.generation`. False when nothing says so.
 */
export function hasSameSpec(pod: Pod, before: Pod | undefined): before is Pod & { readonly spec: PodSpec } {
  const generation = pod.metadata?.generation;
  return (
    generation !== undefined &&
    before?.spec !== undefined &&
    before.metadata?.uid === pod.metadata?.uid &&
    before.metadata?.generation === generation &&
    // Servers that do not count that a pod gets its node.
    before.spec.nodeName === pod.spec?.nodeName
  );
}
