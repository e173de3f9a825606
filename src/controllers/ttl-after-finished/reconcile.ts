import type { Job } from "../../api/generated/batch/v1.ts";
import { jobs } from "../../api/generated/resources.ts";
import { splitKey } from "../../api/meta.ts";
import { isNotFound } from "../../api/status.ts";
import { type ControllerFactory, from } from "../reconciler.ts";

/** Time until the finished job is to be removed; undefined when it is not. Pure. */
export function expiresInMs(job: Job, nowMs: number): number | undefined {
  const seconds = job.spec?.ttlSecondsAfterFinished;
  if (seconds === undefined || job.metadata?.deletionTimestamp !== undefined) return undefined;
  const end = job.status?.conditions?.find(
    ({ type, status }) => (type === "Complete" || type === "Failed") && status === "True",
  );
  if (!end?.lastTransitionTime) return undefined;
  return Math.max(0, Date.parse(end.lastTransitionTime) + seconds * 1000 - nowMs);
}

/** Removes Jobs, and with them their pods, ttlSecondsAfterFinished after their end. */
export const ttlAfterFinishedController: ControllerFactory = ({ client, informers, clock }) => {
  const known = informers.informer(jobs);
  return {
    name: "ttl-after-finished-controller",
    workers: 2,
    sources: [
      from(known, ({ key, after }) =>
        after !== undefined && expiresInMs(after, clock.now()) !== undefined ? [key] : [],
      ),
    ],
    async reconcile(key) {
      const cached = known.get(key);
      const waitMs = cached === undefined ? undefined : expiresInMs(cached, clock.now());
      if (waitMs === undefined) return undefined;
      if (waitMs > 0) return { requeueAfterMs: waitMs };
      try {
        // The ttl may have been raised since: only the present object can tell.
        const job = await client.get(jobs, splitKey(key));
        const remainingMs = expiresInMs(job, clock.now());
        if (remainingMs === undefined) return undefined;
        if (remainingMs > 0) return { requeueAfterMs: remainingMs };
        const { uid, resourceVersion } = job.metadata ?? {};
        const preconditions = { uid, resourceVersion };
        await client.delete(jobs, splitKey(key), { propagationPolicy: "Foreground", preconditions });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return undefined;
    },
  };
};
