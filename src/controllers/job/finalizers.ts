import type { Pod } from "../../api/generated/core/v1.ts";
import { pods } from "../../api/generated/resources.ts";
import { keyOf } from "../../api/meta.ts";
import { hasReason, isNotFound } from "../../api/status.ts";
import type { Client } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import { JOB_FINALIZER } from "../pod-control/pod-informer.ts";
import { isTracked } from "./job-pods.ts";

/** Takes the jobs' finalizer off pods, and knows which pods are free of it before the cache shows that. */
export interface Finalizers {
  /** Uids of pods that only the cache still shows with the finalizer. */
  readonly removed: ReadonlySet<string>;
  /** Answers the pods that it could not free, and why. */
  remove(from: readonly Pod[]): Promise<{ failed: readonly Pod[]; error?: unknown }>;
}

export function createFinalizers(client: Client, informer: Informer<Pod>): Finalizers {
  const removed = new Set<string>();
  informer.subscribe(({ before, after }) => {
    if (after === undefined || !isTracked(after)) removed.delete((after ?? before)?.metadata?.uid ?? "");
  });

  async function removeFrom(pod: Pod): Promise<void> {
    const { namespace, name = "", uid = "" } = pod.metadata ?? {};
    removed.add(uid);
    try {
      const body = { metadata: { uid, "$deleteFromPrimitiveList/finalizers": [JOB_FINALIZER] } };
      await client.patch(pods, { namespace, name }, { type: "strategic", body });
    } catch (error) {
      // Gone, or another pod under its name: it holds no finalizer either way.
      if (!isNotFound(error) && !hasReason(error, "Conflict") && !hasReason(error, "Invalid")) {
        removed.delete(uid);
        throw error;
      }
    }
    const shown = informer.get(keyOf(pod));
    // The cache has shown it already, and will not again.
    if (shown?.metadata?.uid !== uid || !isTracked(shown)) removed.delete(uid);
  }

  return {
    removed,
    async remove(from) {
      const results = await Promise.allSettled(from.map(removeFrom));
      const failed = from.filter((_, index) => results[index]!.status === "rejected");
      const first = results.find((result) => result.status === "rejected");
      return first === undefined ? { failed } : { failed, error: first.reason };
    },
  };
}
