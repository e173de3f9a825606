import type { Pod, Volume } from "../../api/generated/core/v1.ts";
import { errorMessage } from "../../base/assert.ts";
import type { EventRecorder } from "../../client/events.ts";
import { podDirectory, podMemoryDirectory } from "../pods/paths.ts";
import { volumeDriver } from "./table.ts";
import type { ReadyVolume, VolumeContext } from "./volume.ts";

/** Of a pod, by name. Not a Map: it is kept as long as the pod runs, and of very many pods. */
export type ReadyVolumes = readonly (ReadyVolume & { readonly name: string })[];

/** Volumes that could not be made ready; each was told by an event. */
export class VolumeError extends Error {
  override name = "VolumeError";
}

export interface PodVolumes {
  /** Makes all volumes of the pod ready, at the same time. Idempotent. Rejects with VolumeError. */
  setUp(pod: Pod): Promise<ReadyVolumes>;
  /** Whether some volume's content may have to follow changes. */
  needRefresh(pod: Pod): boolean;
  /** Unmounts and removes everything of a pod. Idempotent. */
  tearDown(podUid: string): Promise<void>;
  /** Ends what goes on for volumes; they stay as they are. */
  stop(): Promise<void>;
}

export type PodVolumesOptions = Omit<VolumeContext, "pod" | "fields"> & {
  readonly events: EventRecorder;
  fields(pod: Pod): VolumeContext["fields"];
};

export function createPodVolumes(options: PodVolumesOptions): PodVolumes {
  return new NodeVolumes(options);
}

/** A class, because thousands of kubelets of one process have one each. */
class NodeVolumes implements PodVolumes {
  readonly #options: PodVolumesOptions;

  constructor(options: PodVolumesOptions) {
    this.#options = options;
  }

  async setUp(pod: Pod): Promise<ReadyVolumes> {
    const ready: (ReadyVolume & { name: string })[] = [];
    const failed: string[] = [];
    const volumes = pod.spec?.volumes ?? [];
    const results = await Promise.all(volumes.map((volume) => this.#setUpOne(pod, volume)));
    volumes.forEach(({ name }, index) => {
      const result = results[index];
      if (result === undefined) failed.push(name);
      else ready.push({ name, hostPath: result.hostPath, readOnly: result.readOnly });
    });
    if (failed.length > 0) throw new VolumeError(`volumes cannot be mounted: ${failed.join(", ")}`);
    return ready;
  }

  async #setUpOne(pod: Pod, volume: Volume): Promise<ReadyVolume | undefined> {
    const { paths, files, objects, tokens, certificates, trust, clock, events } = this.#options;
    try {
      const fields = this.#options.fields(pod);
      const context = { pod, paths, files, objects, tokens, certificates, trust, fields, clock };
      return await volumeDriver(volume).setUp(volume, context);
    } catch (error) {
      const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${errorMessage(error)}`;
      events.event(pod, { type: "Warning", reason: "FailedMount", message });
      return undefined;
    }
  }

  needRefresh(pod: Pod): boolean {
    if (this.#options.files.keepsNothing === true) return false;
    return (pod.spec?.volumes ?? []).some((volume) => {
      try {
        return volumeDriver(volume).refreshed;
      } catch {
        return false;
      }
    });
  }

  async tearDown(podUid: string): Promise<void> {
    const { paths, files, tokens, certificates } = this.#options;
    tokens.forget(podUid);
    certificates.forget(podUid);
    await files.remove(podMemoryDirectory(paths, podUid));
    await files.remove(podDirectory(paths, podUid));
  }

  stop(): Promise<void> {
    return this.#options.certificates.stop();
  }
}
