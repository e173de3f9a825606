import { tolerates } from "../../api/core/tolerations.ts";
import type { Taint, Toleration } from "../../api/generated/core/v1.ts";

/** For how long a pod may stay on a node with these taints: milliseconds, 0 at once, Infinity for good. */
export function toleratedMs(taints: readonly Taint[], tolerations: readonly Toleration[]): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    const toleration = tolerations.find((each) => tolerates(each, taint));
    if (toleration === undefined) return 0;
    if (toleration.tolerationSeconds === undefined) continue;
    shortest = Math.min(shortest, Math.max(0, toleration.tolerationSeconds) * 1000);
  }
  return shortest;
}
