import { isNotFound } from "../../api/status.ts";
import { podDirectory, volumeDirectory } from "../pods/paths.ts";
import { identityOf } from "../pods/pod.ts";
import { configMapPayload } from "./payload.ts";
import type { VolumeDriver } from "./volume.ts";

export const configMapVolume: VolumeDriver = {
  plugin: "configmap",
  refreshed: true,
  async setUp({ name: volumeName, configMap: source = {} }, { pod, paths, files, objects }) {
    const { uid, namespace } = identityOf(pod);
    const hostPath = volumeDirectory(podDirectory(paths, uid), "configmap", volumeName);
    const found = await objects.configMap(namespace, source.name ?? "").catch((error: unknown) => {
      if (source.optional === true && isNotFound(error)) return undefined;
      throw error;
    });
    const payload = configMapPayload(found, { ...source, defaultMode: source.defaultMode ?? 0o644 });
    await files.writePayload(hostPath, payload, { gid: pod.spec?.securityContext?.fsGroup });
    return { hostPath, readOnly: true };
  },
};
