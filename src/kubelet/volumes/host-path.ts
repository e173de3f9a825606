import type { HostPathType } from "./files.ts";
import type { VolumeDriver } from "./volume.ts";

/** A path of the node itself. */
export const hostPathVolume: VolumeDriver = {
  plugin: "host-path",
  refreshed: false,
  async setUp({ hostPath: source }, { files }) {
    const path = source?.path ?? "";
    await files.prepareHostPath(path, (source?.type ?? "") as HostPathType);
    return { hostPath: path, readOnly: false };
  },
};
