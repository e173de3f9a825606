import type { Pod } from "../../api/generated/core/v1.ts";
import type { RecordedEvent } from "../../client/events.ts";
import { createNodePressure, type NodePressure } from "../eviction/node-pressure.ts";
import type { FilesystemFacts, HostFacts } from "../host/host.ts";
import { createImageCollector } from "../images/image-collector.ts";
import { applyDefaultImageTag } from "../images/reference.ts";
import type { KubeletOptions } from "../kubelet-options.ts";
import type { PodDependencies } from "../pods/dependencies.ts";
import { identityOf, isTerminalPhase, podContainers } from "../pods/pod.ts";
import type { PodManager } from "../pods/pod-manager.ts";
import { isRunning } from "../pods/runtime-state.ts";

export interface Housekeeping {
  pressures: NodePressure["conditions"];
  /** Keeps memory and disk from running out, until the signal aborts. */
  run(): Promise<void>;
}

const NEVER_SCARCE: Housekeeping = { pressures: () => [], run: async () => {} };

/** How this kubelet sees to it that its node has memory and disk left: it removes images that nobody uses, and evicts pods. */
export function createHousekeeping(
  { host, runtime, clock, log }: KubeletOptions,
  about: {
    readonly facts: HostFacts;
    readonly dependencies: PodDependencies;
    readonly signal: AbortSignal;
    readonly manager: PodManager;
    tell(events: readonly RecordedEvent[]): void;
  },
): Housekeeping {
  if (host.isNeverScarce === true) return NEVER_SCARCE;
  const { facts, dependencies, signal, manager, tell } = about;
  const { cache, events, paths, ownLabels, statuses } = dependencies;
  const pods = (): Pod[] => manager.pods();
  const isOver = (pod: Pod) => isTerminalPhase((statuses.get(identityOf(pod).uid) ?? pod.status)?.phase);
  const runs = (uid: string) => cache.get(uid).containers.some(isRunning);
  let mountpoint: string | undefined;
  async function imageDisk(): Promise<FilesystemFacts | undefined> {
    // Where it lies does not change, and asking the runtime costs it a look at all that it has.
    mountpoint ??= (await runtime.images.imageFsInfo().catch(() => []))[0]?.mountpoint;
    return mountpoint === undefined ? undefined : host.filesystem(mountpoint);
  }
  const collector = createImageCollector({
    images: runtime.images,
    clock,
    log,
    tell,
    inUse: () =>
      imagesInUse(
        pods().filter((pod) => !isOver(pod)),
        dependencies,
      ),
    filesystem: imageDisk,
  });
  const pressure = createNodePressure({
    ...{ host, runtime, paths, ownLabels, clock, log, signal, tell },
    memoryBytes: facts.memoryBytes,
    imageDisk,
    activePods: () => pods().filter((pod) => !isOver(pod) && runs(identityOf(pod).uid)),
    hasEnded: (uid) => !runs(uid),
    evict: (uid, verdict) => manager.end(uid, verdict),
    tellOfPod: (pod, event) => events.event(pod, event),
    deleteUnusedImages: async () => void (await collector.free(Number.POSITIVE_INFINITY)),
  });
  return {
    pressures: pressure.conditions,
    async run() {
      await Promise.all([pressure.run(), collector.run(signal)]);
    },
  };
}

/** Images of containers, running or ended, of pods that will run, with what these mount, and of sandboxes. */
async function imagesInUse(wanted: readonly Pod[], dependencies: PodDependencies): Promise<Set<string>> {
  const { cache, runtime } = dependencies;
  const used = new Set<string>();
  for (const { uid } of cache.identities()) {
    for (const { image, imageRef } of cache.get(uid).containers) used.add(image).add(imageRef);
  }
  for (const pod of wanted) for (const image of imagesOf(pod)) for (const name of names(image)) used.add(name);
  const { info } = await runtime.runtime.status({ verbose: true });
  const { sandboxImage } = JSON.parse(info.config ?? "{}") as { sandboxImage?: string };
  if (sandboxImage !== undefined) used.add(sandboxImage);
  return used;
}

/** Of its containers, and those that its volumes show. */
function imagesOf(pod: Pod): string[] {
  const shown = (pod.spec?.volumes ?? []).flatMap(({ image }) => image?.reference ?? []);
  return [...podContainers(pod).map(({ container }) => container.image ?? ""), ...shown];
}

/** All names that a runtime may know it by; none for what is no name. */
function names(image: string): string[] {
  try {
    const full = applyDefaultImageTag(image);
    return [full, `docker.io/${full}`, `docker.io/library/${full}`];
  } catch {
    return [];
  }
}
