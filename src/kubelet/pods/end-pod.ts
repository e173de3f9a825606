import { pods } from "../../api/generated/resources.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import type { PodDependencies } from "./dependencies.ts";
import { drain } from "./drain.ts";
import { killPod } from "./kill.ts";
import { identityOf } from "./pod.ts";
import { isReported, type PodRecord, publishStatus } from "./pod-record.ts";
import { removeAllOf } from "./remains.ts";
import { stopSandboxes } from "./sandbox.ts";

/**
 * Brings a pod to its end: its containers, its sandbox, its last status. Answers whether everything of it is gone from this
 * node, which is so for pods that were deleted; those that have done their work stay, for their logs.
 */
export async function endPod(record: PodRecord, signal: AbortSignal, dependencies: PodDependencies): Promise<boolean> {
  const { pod } = record;
  const identity = identityOf(pod);
  const publish = (terminal = false) => publishStatus(record, dependencies, terminal);
  publish();
  await drain(record, signal, dependencies);
  signal.throwIfAborted();
  // Who is gone before its kubelet said so was deleted by force: nobody waits for its grace period any more.
  const graceSeconds = record.downGraceSeconds ?? (record.gone ? 1 : record.verdict?.graceSeconds);
  await killPod(pod, { graceSeconds, signal, onProgress: publish }, dependencies);
  record.finished = true;
  publish(true);
  await stopSandboxes(identity.uid, dependencies);
  publish(true);
  if (isReported(record)) {
    if (pod.metadata?.deletionTimestamp === undefined) return false;
    await deleteFromApi(record, dependencies);
  }
  await removeAllOf(identity, dependencies);
  return true;
}

/** The last word on a pod that was asked to go: only its kubelet may say that nothing of it runs any more. */
async function deleteFromApi({ pod }: PodRecord, { client, statuses }: PodDependencies): Promise<void> {
  const { uid, namespace, name } = identityOf(pod);
  await statuses.flushed(uid);
  try {
    await client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
