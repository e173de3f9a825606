import { podDirectory, volumeDirectory } from "../pods/paths.ts";
import { identityOf } from "../pods/pod.ts";
import { downwardPayload } from "./payload.ts";
import type { VolumeDriver } from "./volume.ts";

export const downwardApiVolume: VolumeDriver = {
  plugin: "downward-api",
  refreshed: true,
  async setUp({ name, downwardAPI: source = {} }, { pod, paths, files, fields }) {
    const hostPath = volumeDirectory(podDirectory(paths, identityOf(pod).uid), "downward-api", name);
    const payload = downwardPayload(pod, source.items ?? [], { defaultMode: source.defaultMode ?? 0o644, fields });
    await files.writePayload(hostPath, payload, { gid: pod.spec?.securityContext?.fsGroup });
    return { hostPath, readOnly: true };
  },
};
