import { join } from "node:path";
import type { ImageVolumeSource, Pod, VolumeMount } from "../../api/generated/core/v1.ts";
import type { Mount } from "../cri/config.ts";
import type { Image } from "../cri/state.ts";
import { expand } from "../environment/expansion.ts";
import { type KubeletPaths, podDirectory } from "../pods/paths.ts";
import { type AnyContainer, identityOf } from "../pods/pod.ts";
import type { VolumeFiles } from "./files.ts";
import type { ReadyVolumes } from "./pod-volumes.ts";
import type { ReadyVolume } from "./volume.ts";

const PROPAGATION: Readonly<Record<string, Mount["propagation"]>> = {
  None: "PROPAGATION_PRIVATE",
  HostToContainer: "PROPAGATION_HOST_TO_CONTAINER",
  Bidirectional: "PROPAGATION_BIDIRECTIONAL",
};

export interface MountFacts {
  readonly paths: KubeletPaths;
  readonly files: VolumeFiles;
  readonly volumes: ReadyVolumes;
  /** Of volumes that show one, by the volume's name. */
  readonly images: ReadonlyMap<string, Image>;
  readonly environment: ReadonlyMap<string, string>;
}

/** The mounts that a container's volumeMounts ask for. Rejects with an Error in upstream's words. */
export async function volumeMounts(pod: Pod, container: AnyContainer, facts: MountFacts): Promise<Mount[]> {
  if ((container.volumeDevices ?? []).length > 0) throw new Error("block volumes are not available on this node");
  const mounts: Mount[] = [];
  for (const [index, volumeMount] of (container.volumeMounts ?? []).entries()) {
    const volume = facts.volumes.find(({ name }) => name === volumeMount.name);
    if (volume === undefined)
      throw new Error(`cannot find volume "${volumeMount.name}" to mount into container "${container.name}"`);
    const subPath = subPathOf(volumeMount, facts.environment);
    const image = pod.spec?.volumes?.find(({ name }) => name === volumeMount.name)?.image;
    const place = `${volumeMount.name}/${container.name}/${index}`;
    const source =
      image === undefined
        ? { hostPath: await hostPathOf(pod, { volume, subPath, place }, facts) }
        : imageSource(volumeMount.name, { image, subPath }, facts);
    mounts.push({
      containerPath: volumeMount.mountPath.startsWith("/") ? volumeMount.mountPath : `/${volumeMount.mountPath}`,
      ...source,
      readonly: volume.readOnly || volumeMount.readOnly === true,
      propagation: PROPAGATION[volumeMount.mountPropagation ?? "None"] ?? "PROPAGATION_PRIVATE",
    });
  }
  return mounts;
}

async function hostPathOf(
  pod: Pod,
  { volume, subPath, place }: { volume: ReadyVolume; subPath: string; place: string },
  { paths, files }: MountFacts,
): Promise<string> {
  if (subPath === "") return volume.hostPath;
  const target = join(podDirectory(paths, identityOf(pod).uid), "volume-subpaths", place);
  return files.bindSubPath(volume.hostPath, subPath, target);
}

/** An image is for the runtime to mount, and a path in it for the runtime to find. */
function imageSource(
  name: string,
  { image, subPath }: { image: ImageVolumeSource; subPath: string },
  { images }: MountFacts,
): Pick<Mount, "hostPath" | "image" | "imageSubPath"> {
  const found = images.get(name);
  if (found === undefined) throw new Error(`the image "${image.reference}" of volume "${name}" was not fetched`);
  return {
    hostPath: "",
    image: { image: found.id, userSpecifiedImage: image.reference ?? "" },
    ...(subPath !== "" && { imageSubPath: subPath }),
  };
}

function subPathOf({ subPath = "", subPathExpr = "" }: VolumeMount, environment: ReadonlyMap<string, string>): string {
  if (subPathExpr === "") return checked(subPath);
  const missing: string[] = [];
  const expanded = expand(subPathExpr, (name) => {
    const value = environment.get(name);
    if (value === undefined) missing.push(name);
    return value;
  });
  if (missing.length > 0) throw new Error(`missing value for "${missing[0]}"`);
  return checked(expanded);
}

function checked(subPath: string): string {
  if (subPath.startsWith("/")) throw new Error(`error SubPath \`${subPath}\` must not be an absolute path`);
  if (subPath.split("/").includes(".."))
    throw new Error(`unable to provision SubPath \`${subPath}\`: must not contain '..'`);
  return subPath;
}
