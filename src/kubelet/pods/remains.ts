import { basename, dirname, join } from "node:path";
import type { Pod } from "../../api/generated/core/v1.ts";
import type { PodIdentity } from "../labels.ts";
import type { PodDependencies } from "./dependencies.ts";
import { podLogDirectory } from "./paths.ts";
import { identityOf } from "./pod.ts";
import { containerName, type PodContainerStatus, type PodRuntimeState } from "./runtime-state.ts";

/** Ended containers of a living pod that nobody needs: of each name the newest ended one is kept, for its log. */
function superfluousContainers(state: PodRuntimeState): PodContainerStatus[] {
  const kept = new Set<string>();
  return state.containers.filter((status) => {
    if (status.state !== "CONTAINER_EXITED") return false;
    const name = containerName(status);
    if (kept.has(name)) return true;
    kept.add(name);
    return false;
  });
}

/** Sandboxes of a living pod that are neither its newest one nor hold a container that is kept. */
function superfluousSandboxes(state: PodRuntimeState): string[] {
  const inUse = new Set(state.containers.map(({ podSandboxId }) => podSandboxId));
  return state.sandboxes
    .slice(1)
    .filter(({ id, state: now }) => now === "SANDBOX_NOTREADY" && !inUse.has(id))
    .map(({ id }) => id);
}

/** Removes what a living pod no longer needs. */
export async function removeSuperfluous(pod: Pod, dependencies: PodDependencies): Promise<void> {
  const { cache, runtime, files } = dependencies;
  const { uid } = identityOf(pod);
  for (const { id, logPath } of superfluousContainers(cache.get(uid))) {
    await runtime.runtime.removeContainer(id);
    cache.forgetContainer(uid, id);
    if (logPath !== "") await removeLog(logPath, files);
  }
  for (const id of superfluousSandboxes(cache.get(uid))) {
    await runtime.runtime.removePodSandbox(id);
    cache.forgetSandbox(uid, id);
  }
}

/** The log, and what rotations put aside of it. */
async function removeLog(path: string, files: PodDependencies["files"]): Promise<void> {
  const name = basename(path);
  for (const other of await files.list(dirname(path))) {
    if (other === name || other.startsWith(`${name}.`)) await files.remove(join(dirname(path), other));
  }
}

/** Removes everything of a pod whose containers have ended: sandboxes, containers, volumes, cgroup, logs. */
export async function removeAllOf(identity: PodIdentity, dependencies: PodDependencies): Promise<void> {
  const { cache, runtime, volumes, cgroups, files, paths, probes, puller, crashBackoff } = dependencies;
  const { uid } = identity;
  for (const { id } of cache.get(uid).containers) probes.forget(id);
  await Promise.all(
    cache.get(uid).sandboxes.map(async ({ id }) => {
      await runtime.runtime.stopPodSandbox(id);
      await runtime.runtime.removePodSandbox(id);
      cache.forgetSandbox(uid, id);
    }),
  );
  for (const { id } of cache.get(uid).containers) {
    await runtime.runtime.removeContainer(id);
    cache.forgetContainer(uid, id);
  }
  await Promise.all([
    volumes.tearDown(uid),
    cgroups.remove(identity),
    ...(identity.name === "" ? [] : [files.remove(podLogDirectory(paths, identity))]),
  ]);
  puller.forget(uid);
  crashBackoff.forget(`${uid}_`);
}
