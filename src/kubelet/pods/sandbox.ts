import type { Pod } from "../../api/generated/core/v1.ts";
import { isNotFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { nextTurn } from "../../base/turn.ts";
import type { PodSandboxConfig } from "../cri/config.ts";
import type { PodSandboxStatus } from "../cri/state.ts";
import { describe } from "../images/puller.ts";
import type { PodDependencies } from "./dependencies.ts";
import { identityOf } from "./pod.ts";
import { sandboxConfig } from "./sandbox-config.ts";
import { StartError } from "./start-error.ts";

/** The config of a pod's sandbox, the same each time for one attempt. */
export async function sandboxConfigOf(
  pod: Pod,
  attempt: number,
  dependencies: PodDependencies,
): Promise<PodSandboxConfig> {
  const { paths, ownLabels, clusterDns, clusterDomain, cgroups } = dependencies;
  return sandboxConfig(pod, {
    attempt,
    paths,
    ownLabels,
    clusterDns,
    clusterDomain,
    host: await dependencies.hostDns(),
    cgroupParent: cgroups.parent(pod),
  });
}

/** The way to run a pod that its RuntimeClass names; the runtime's default one when absent. */
async function runtimeHandlerOf(name: string, { objects }: PodDependencies): Promise<{ runtimeHandler?: string }> {
  if (name === "") return {};
  try {
    return { runtimeHandler: (await objects.runtimeClass(name)).handler };
  } catch (error) {
    if (isNotFound(error)) throw error;
    throw new Error(`failed to lookup RuntimeClass ${name}: ${errorMessage(error)}`);
  }
}

/** Makes and starts a sandbox; rejects with StartError, told by an event. */
export async function createSandbox(
  pod: Pod,
  config: PodSandboxConfig,
  dependencies: PodDependencies,
): Promise<PodSandboxStatus> {
  const { cache, runtime, events, files, cgroups } = dependencies;
  try {
    const handler = await runtimeHandlerOf(pod.spec?.runtimeClassName ?? "", dependencies);
    // Logs and limits are of use to containers, which come later; the runtime makes the cgroup itself where it is first.
    const [made, ...others] = await Promise.allSettled([
      runtime.runtime.runPodSandbox(config, handler),
      nextTurn().then(() => files.makeDirectory(config.logDirectory, { mode: 0o755 })),
      nextTurn().then(() => cgroups.ensure(pod)),
    ]);
    if (made.status === "rejected") throw made.reason;
    const status = await cache.observeSandbox(identityOf(pod).uid, made.value);
    for (const other of others) if (other.status === "rejected") throw other.reason;
    return status;
  } catch (error) {
    const message = `Failed to create pod sandbox: ${describe(error)}`;
    events.event(pod, { type: "Warning", reason: "FailedCreatePodSandBox", message });
    throw new StartError("ContainerCreating", message);
  }
}

/** Stops all sandboxes of the pod, which gives their network back. */
export async function stopSandboxes(uid: string, { cache, runtime }: PodDependencies): Promise<void> {
  const { sandboxes } = cache.get(uid);
  await Promise.all(
    sandboxes.map(async ({ id, state }) => {
      if (state === "SANDBOX_NOTREADY") return;
      await runtime.runtime.stopPodSandbox(id);
      await cache.observeSandbox(uid, id);
    }),
  );
}
