import type { ImageService } from "../runtime.ts";
import type { Channel } from "./channel.ts";
import {
  configToWire,
  filesystemFromWire,
  imageFromWire,
  type WireFilesystemUsage,
  type WireImage,
} from "./convert.ts";
import { ignoreNotFound } from "./errors.ts";

const DEADLINE_MS = 120_000;

/** The image half of CRI v1 on a gRPC channel. Pulls have no deadline: the runtime ends those that make no progress. */
export function grpcImageService(channel: Channel): ImageService {
  const call = <T>(method: string, request: unknown): Promise<T> =>
    channel.call<T>(method, request, { deadlineMs: DEADLINE_MS });
  return {
    listImages: async () => (await call<{ images: WireImage[] }>("ListImages", {})).images.map(imageFromWire),
    imageStatus: async (image) => {
      const answer = await call<{ image: WireImage | null }>("ImageStatus", { image: { image } });
      return answer.image === null ? undefined : imageFromWire(answer.image);
    },
    pullImage: async (image, { auth, sandboxConfig } = {}) => {
      const sandbox = sandboxConfig === undefined ? undefined : configToWire(sandboxConfig);
      const answer = await channel.call<{ imageRef: string }>("PullImage", {
        image: { image, userSpecifiedImage: image },
        auth,
        sandboxConfig: sandbox,
      });
      return answer.imageRef;
    },
    removeImage: (image) => ignoreNotFound(call("RemoveImage", { image: { image } })),
    imageFsInfo: async () =>
      (await call<{ imageFilesystems: WireFilesystemUsage[] }>("ImageFsInfo", {})).imageFilesystems.map(
        filesystemFromWire,
      ),
  };
}
