import type { Pod } from "../../../api/generated/core/v1.ts";
import { defineStrategy } from "../strategy.ts";

const DEFAULT_GRACE_SECONDS = 30;

/** Pods are deleted gracefully while a kubelet may still run them (registry/core/pod strategy.CheckGracefulDelete). */
export const podStrategy = defineStrategy<Pod>({
  gracePeriodSeconds(pod, asked) {
    const phase = pod.status?.phase;
    if ((pod.spec?.nodeName ?? "") === "" || phase === "Succeeded" || phase === "Failed") return 0;
    return Math.max(asked ?? pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS, 0);
  },
});
