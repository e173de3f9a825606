import { createHash } from "node:crypto";
import { type Clock, sleep } from "../../../base/clock.ts";
import { type ImageService, RuntimeError } from "../runtime.ts";
import type { Image } from "../state.ts";
import type { SimulationRules } from "./rules.ts";

/** The images of a simulated node. */
export function simulatedImages(clock: Clock, rules: SimulationRules): ImageService {
  const byId = new Map<string, Image>();
  const find = (image: string): Image | undefined =>
    byId.get(image) ??
    [...byId.values()].find(({ repoTags, repoDigests }) => [...repoTags, ...repoDigests].includes(image));
  return {
    listImages: async () => [...byId.values()],
    imageStatus: async (image) => find(image),
    async pullImage(image) {
      const pulled = rules.pull(image);
      await sleep(clock, pulled.durationMs);
      if ("error" in pulled) throw new RuntimeError("NotFound", pulled.error);
      const present = find(image);
      if (present !== undefined) return present.id;
      const id = `sha256:${createHash("sha256").update(image).digest("hex")}`;
      const repository = image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
      const digest = image.includes("@") ? image : `${repository}@${id}`;
      byId.set(id, {
        id,
        repoTags: image.includes("@") ? [] : [image],
        repoDigests: [digest],
        sizeBytes: pulled.sizeBytes,
        username: "",
        pinned: false,
      });
      return id;
    },
    async removeImage(image) {
      const found = find(image);
      if (found !== undefined) byId.delete(found.id);
    },
    imageFsInfo: async () => {
      const usedBytes = [...byId.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      return [{ timestampMs: clock.now(), mountpoint: "/simulated", usedBytes, inodesUsed: byId.size }];
    },
  };
}
