import type { Pod } from "../../api/generated/core/v1.ts";
import { nextTurn } from "../../base/turn.ts";
import type { PodSandboxConfig } from "../cri/config.ts";
import type { ReadyVolumes } from "../volumes/pod-volumes.ts";
import { type PreparedContainer, prepareContainer } from "./configure-container.ts";
import type { PodDependencies } from "./dependencies.ts";
import { killPod } from "./kill.ts";
import { firstToStart } from "./plan.ts";
import { identityOf } from "./pod.ts";
import { createSandbox, sandboxConfigOf, stopSandboxes } from "./sandbox.ts";
import type { SyncOptions } from "./sync-options.ts";

/** What was made ready while the runtime made the sandbox. */
export interface Preparation {
  readonly sandboxConfig: PodSandboxConfig;
  /** By name; those that are missing have to be prepared when they start. */
  readonly containers: ReadonlyMap<string, PreparedContainer>;
}

/**
 * Makes a sandbox and the volumes, and prepares the first containers, at the same time: none needs the other, and the
 * runtime takes long. Rejects when the sandbox or a volume cannot be made.
 */
export async function prepareSandbox(
  wanted: "create" | "replace",
  options: SyncOptions,
  dependencies: PodDependencies,
): Promise<Preparation> {
  const { pod, memory, onProgress } = options;
  const { cache, volumes } = dependencies;
  const { uid } = identityOf(pod);
  if (wanted === "replace") await clearAway(options, dependencies);
  const attempts = cache.get(uid).sandboxes.map(({ metadata }) => metadata.attempt + 1);
  const sandboxConfig = await sandboxConfigOf(pod, Math.max(0, ...attempts), dependencies);
  const isFirst = cache.get(uid).containers.length === 0;
  const sandbox = createSandbox(pod, sandboxConfig, dependencies);
  sandbox.catch(() => {});
  // The request to the runtime leaves before anything else is done.
  await nextTurn();
  onProgress();
  const ready = volumes.setUp(pod).then(async (made) => {
    memory.volumes = made;
    return isFirst ? prepareContainers(pod, made, dependencies) : new Map<string, PreparedContainer>();
  });
  // Both are waited for, whatever becomes of the other: a half-made sandbox must be known before anybody looks again.
  const [made, containers] = await Promise.allSettled([sandbox, ready]);
  if (made.status === "rejected") throw made.reason;
  if (containers.status === "rejected") throw containers.reason;
  return { sandboxConfig, containers: containers.value };
}

/** Ends what is there of a pod whose sandbox is not as it should be. */
async function clearAway(options: SyncOptions, dependencies: PodDependencies): Promise<void> {
  const { pod, signal, onProgress } = options;
  const { cache, events } = dependencies;
  const { uid } = identityOf(pod);
  const { sandboxes, containers } = cache.get(uid);
  if (sandboxes.some(({ state }) => state === "SANDBOX_READY") || containers.length > 0) {
    const message = "Pod sandbox changed, it will be killed and re-created.";
    events.event(pod, { type: "Normal", reason: "SandboxChanged", message });
  }
  const killing = killPod(pod, { signal, onProgress }, dependencies);
  onProgress();
  await killing;
  await stopSandboxes(uid, dependencies);
}

async function prepareContainers(
  pod: Pod,
  volumes: ReadyVolumes,
  dependencies: PodDependencies,
): Promise<Map<string, PreparedContainer>> {
  const prepared = new Map<string, PreparedContainer>();
  await Promise.all(
    firstToStart(pod).map(async (entry) => {
      const made = await prepareContainer(entry, { pod, volumes }, dependencies);
      if (made !== undefined) prepared.set(entry.container.name, made);
    }),
  );
  return prepared;
}
