import type { Container, Pod, ResourceRequirements } from "../../api/generated/core/v1.ts";
import { errorMessage } from "../../base/assert.ts";
import type { PodDependencies } from "../pods/dependencies.ts";
import { identityOf } from "../pods/pod.ts";
import { containerResources, podLimits } from "../pods/resources.ts";
import { allocationOf } from "./allocation.ts";
import { saveResize } from "./checkpoints.ts";
import { enforcedAmounts } from "./container-resize.ts";
import { resizeFailed } from "./messages.ts";
import {
  actualResources,
  type PodResize,
  type UnfinishedContainer,
  unfinishedContainers,
  updatesOf,
} from "./pod-resize.ts";

/** When what failed is tried again. */
const RETRY_MS = 10_000;

/** Gives a pod's running containers what is allocated to them, as far as this works. What does not is noted, and told once. */
export async function tryResize(pod: Pod, resize: PodResize, dependencies: PodDependencies): Promise<void> {
  const { clock, events } = dependencies;
  const { unsettled } = resize;
  try {
    await actuateResize(pod, resize, dependencies);
    resize.retryAtMs = undefined;
  } catch (error) {
    // Something else was allocated meanwhile: what failed is wanted no more.
    if (resize.unsettled !== unsettled) return;
    const before = resize.inProgress;
    resize.inProgress = { generation: before?.generation ?? pod.metadata?.generation, error: errorMessage(error) };
    resize.retryAtMs = clock.now() + RETRY_MS;
    if (before?.error === undefined) events.event(pod, resizeFailed(pod, resize.inProgress));
  }
}

/**
 * Gives a pod's running containers what is allocated to them, but for those that are started again. Memory first, then the
 * processor; of each the pod's own limit grows before its containers and shrinks after them, so that no container ever has more
 * than its pod. Level-triggered: after an error or a crash the rest is done when it is called again. Rejects with the first
 * refusal, whose message is for the pod's condition.
 *
 * @param pod as it is allocated
 */
async function actuateResize(pod: Pod, resize: PodResize, dependencies: PodDependencies): Promise<void> {
  const { cache, cgroups } = dependencies;
  const { unsettled } = resize;
  // Whoever comes after a crash must know what was allocated before anything followed from it.
  await save(pod, resize, dependencies);
  const unfinished = unfinishedContainers(pod, cache.get(identityOf(pod).uid), resize);
  await refuseLessThanUsed(pod, updatesOf("memory", unfinished), dependencies);
  for (const resource of ["memory", "cpu"] as const) {
    await cgroups.raise(pod, resource);
    for (const each of updatesOf(resource, unfinished)) await update(pod, { ...each, resource, resize }, dependencies);
    await cgroups.lower(pod, resource);
  }
  if (resize.unsettled === unsettled) resize.unsettled = undefined;
  await save(pod, resize, dependencies);
}

async function save(pod: Pod, { actual, unsettled }: PodResize, dependencies: PodDependencies): Promise<void> {
  const { uid } = identityOf(pod);
  const saved = {
    allocation: allocationOf(pod),
    actual: Object.fromEntries(actual),
    unsettled: unsettled !== undefined,
  };
  await saveResize(uid, saved, dependencies);
}

interface Update extends Pick<UnfinishedContainer, "status" | "container"> {
  readonly resource: "cpu" | "memory";
  readonly resize: PodResize;
}

async function update(
  pod: Pod,
  { status, container, resource, resize }: Update,
  { runtime, cache, nodeMemoryBytes }: PodDependencies,
): Promise<void> {
  const { uid } = identityOf(pod);
  const resources = withOne(resource, container, actualResources(status, container, resize));
  const wanted = containerResources(pod, { ...container, resources }, nodeMemoryBytes);
  await runtime.runtime.updateContainerResources(status.id, wanted);
  const living = new Set(cache.get(uid).containers.map(({ id }) => id));
  const others = [...resize.actual].filter(([id]) => living.has(id));
  resize.actual = new Map([...others, [status.id, resources]]);
  await cache.observeContainer(uid, status.id, status.podSandboxId);
}

/** What a container has, with one resource as it is allocated. */
function withOne(
  resource: "cpu" | "memory",
  { resources: allocated = {} }: Container,
  actual: ResourceRequirements,
): ResourceRequirements {
  const mixed = (which: "limits" | "requests"): Record<string, string> => {
    const { [resource]: _, ...others } = actual[which] ?? {};
    const amount = allocated[which]?.[resource];
    return { ...others, ...(amount !== undefined && { [resource]: amount }) };
  };
  return { ...allocated, limits: mixed("limits"), requests: mixed("requests") };
}

/** The kernel would end processes to make them fit, or refuse in words that tell nobody why. Upstream's words. */
async function refuseLessThanUsed(
  pod: Pod,
  updates: readonly UnfinishedContainer[],
  { cgroups, runtime }: PodDependencies,
): Promise<void> {
  const memory = await cgroups.memory(pod);
  if (memory === undefined) return;
  const problems: string[] = [];
  const podLimit = podLimits(pod).memory ?? Number.POSITIVE_INFINITY;
  if (podLimit < memory.limitBytes && memory.usageBytes >= podLimit) {
    problems.push(`attempting to set pod memory limit (${podLimit}) below current usage (${memory.usageBytes})`);
  }
  for (const { container, actual, status } of updates) {
    const limit = enforcedAmounts(container.resources ?? {}).memoryLimitBytes;
    if (limit >= enforcedAmounts(actual).memoryLimitBytes) continue;
    const used = (await runtime.runtime.containerStats(status.id)).memory;
    const usage = used && (used.usageBytes || used.workingSetBytes);
    if (usage === undefined) problems.push(`missing container "${container.name}" memory usage`);
    else if (usage >= limit) {
      problems.push(
        `attempting to set container "${container.name}" memory limit (${limit}) below current usage (${usage})`,
      );
    }
  }
  if (problems.length === 0) return;
  const all = problems.length === 1 ? problems[0] : `[${problems.join(", ")}]`;
  throw new Error(`cannot decrease memory limits: ${all}`);
}
