import { isNotFound } from "../../api/status.ts";
import { podMemoryDirectory, volumeDirectory } from "../pods/paths.ts";
import { identityOf } from "../pods/pod.ts";
import { secretPayload } from "./payload.ts";
import type { VolumeDriver } from "./volume.ts";

/** Secrets lie in memory, never on the disk. */
export const secretVolume: VolumeDriver = {
  plugin: "secret",
  refreshed: true,
  async setUp({ name: volumeName, secret: source = {} }, { pod, paths, files, objects }) {
    const { uid, namespace } = identityOf(pod);
    const hostPath = volumeDirectory(podMemoryDirectory(paths, uid), "secret", volumeName);
    const found = await objects.secret(namespace, source.secretName ?? "").catch((error: unknown) => {
      if (source.optional === true && isNotFound(error)) return undefined;
      throw error;
    });
    const payload = secretPayload(found, { ...source, defaultMode: source.defaultMode ?? 0o644 });
    await files.writePayload(hostPath, payload, { gid: pod.spec?.securityContext?.fsGroup, inMemory: true });
    return { hostPath, readOnly: true };
  },
};
