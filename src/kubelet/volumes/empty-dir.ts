import { quantityValue } from "../../api/quantity.ts";
import { podDirectory, volumeDirectory } from "../pods/paths.ts";
import { identityOf } from "../pods/pod.ts";
import type { VolumeDriver } from "./volume.ts";

/** A directory that lives as long as the pod: on the disk, or in memory with `medium: Memory`. */
export const emptyDirVolume: VolumeDriver = {
  plugin: "empty-dir",
  refreshed: false,
  async setUp({ name, emptyDir: source = {} }, { pod, paths, files }) {
    const hostPath = volumeDirectory(podDirectory(paths, identityOf(pod).uid), "empty-dir", name);
    const gid = pod.spec?.securityContext?.fsGroup;
    const { medium = "", sizeLimit } = source;
    if (medium === "Memory") {
      const sizeBytes = sizeLimit === undefined ? undefined : quantityValue(sizeLimit);
      await files.mountMemory(hostPath, { mode: 0o777, gid, ...(sizeBytes ? { sizeBytes } : {}) });
    } else if (medium !== "") {
      throw new Error(`the storage medium "${medium}" of emptyDir is not available on this node`);
    }
    await files.makeDirectory(hostPath, { mode: 0o777, gid });
    return { hostPath, readOnly: false };
  },
};
