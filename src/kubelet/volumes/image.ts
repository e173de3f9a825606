import type { VolumeDriver } from "./volume.ts";

/** The files of an image, read-only. The runtime mounts it where a container wants it, once the kubelet has fetched it. */
export const imageVolume: VolumeDriver = {
  plugin: "image",
  refreshed: false,
  async setUp() {
    return { hostPath: "", readOnly: true };
  },
};
