import type { Pod } from "../../api/generated/core/v1.ts";
import type { PodSandboxConfig } from "../cri/config.ts";
import type { Image } from "../cri/state.ts";
import type { AnyContainer } from "../pods/pod.ts";
import { StartError } from "../pods/start-error.ts";
import type { ImagePuller } from "./puller.ts";

/** What became of the images that a pod's volumes show, by the volume's name. */
export interface VolumeImages {
  readonly ready: ReadonlyMap<string, Image>;
  readonly failed: ReadonlyMap<string, StartError>;
}

export const NO_VOLUME_IMAGES: VolumeImages = { ready: new Map(), failed: new Map() };

/** Fetches the images of a pod's volumes. What cannot be fetched keeps only those containers from starting that mount it. */
export async function ensureVolumeImages(
  pod: Pod,
  sandboxConfig: PodSandboxConfig,
  puller: ImagePuller,
): Promise<VolumeImages> {
  const volumes = (pod.spec?.volumes ?? []).filter(({ image }) => image !== undefined);
  if (volumes.length === 0) return NO_VOLUME_IMAGES;
  const ready = new Map<string, Image>();
  const failed = new Map<string, StartError>();
  await Promise.all(
    volumes.map(async ({ name, image }) => {
      const wanted = { name: image?.reference ?? "", pullPolicy: image?.pullPolicy };
      try {
        ready.set(name, await puller.ensure(pod, wanted, sandboxConfig));
      } catch (error) {
        if (!(error instanceof StartError)) throw error;
        failed.set(name, error);
      }
    }),
  );
  return { ready, failed };
}

/** Why a container cannot have the images that it mounts, one reason a mount. */
export function failedMounts({ volumeMounts = [] }: AnyContainer, { failed }: VolumeImages): StartError[] {
  return volumeMounts.map(({ name }) => failed.get(name)).filter((error) => error !== undefined);
}

/** Whether a container shows an image that a volume of its pod names. */
export function mountsImage(pod: Pod, { volumeMounts = [] }: AnyContainer): boolean {
  const volumes = pod.spec?.volumes ?? [];
  return volumeMounts.some((mount) => volumes.some(({ name, image }) => name === mount.name && image !== undefined));
}
