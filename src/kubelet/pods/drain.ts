import type { Pod } from "../../api/generated/core/v1.ts";
import { matchesMap } from "../../api/selectors.ts";
import { sleep } from "../../base/clock.ts";
import type { ServiceFacts } from "../environment/service-variables.ts";
import type { PodDependencies } from "./dependencies.ts";
import { gracePeriodSeconds, identityOf, podContainers } from "./pod.ts";
import type { PodRecord } from "./pod-record.ts";

/** How long endpoints and service rules of a cluster at work take at most to follow a pod's deletion. */
const DRAIN_MS = 400;

/**
 * Lets a pod that serves go on serving for a moment after it was deleted, out of its grace period: until then clients are
 * still sent to it, and would find nobody. Resolves at once for pods that nobody is sent to, and early when the signal aborts.
 */
export async function drain(record: PodRecord, signal: AbortSignal, dependencies: PodDependencies): Promise<void> {
  const { clock } = dependencies;
  if (record.gone || record.downGraceSeconds !== undefined || !isServing(record.pod, dependencies.services())) return;
  record.drainedAtMs ??= clock.monotonic() + Math.min(DRAIN_MS, (gracePeriodSeconds(record.pod) * 1000) / 2);
  await sleep(clock, record.drainedAtMs - clock.monotonic(), signal);
}

/** Whether clients are sent to the pod by a Service, and nobody but us sees to it that they leave in time. */
function isServing(pod: Pod, services: readonly ServiceFacts[]): boolean {
  const { metadata, status } = pod;
  if (metadata?.deletionTimestamp === undefined || gracePeriodSeconds(pod) === 0) return false;
  if (podContainers(pod).some(({ container }) => container.lifecycle?.preStop !== undefined)) return false;
  if (!status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True")) return false;
  const { namespace } = identityOf(pod);
  return services.some(
    (service) =>
      service.namespace === namespace &&
      Object.keys(service.selector ?? {}).length > 0 &&
      matchesMap(service.selector, metadata.labels),
  );
}
