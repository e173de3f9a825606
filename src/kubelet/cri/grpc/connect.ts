import type { ContainerRuntime } from "../runtime.ts";
import { openChannel } from "./channel.ts";
import { grpcImageService } from "./image-service.ts";
import { grpcRuntimeService } from "./runtime-service.ts";
import { criDescriptor } from "./schema.ts";

/**
 * A runtime that serves CRI v1 on a unix socket (containerd, CRI-O). Nothing is sent before the first call, so this
 * succeeds also when nobody listens.
 */
export async function connectRuntime(socket: string): Promise<ContainerRuntime> {
  const target = `unix:${socket}`;
  const descriptor = criDescriptor();
  const [runtime, images] = await Promise.all([
    openChannel({ target, descriptor, service: "runtime.v1.RuntimeService" }),
    openChannel({ target, descriptor, service: "runtime.v1.ImageService" }),
  ]);
  return {
    runtime: grpcRuntimeService(runtime),
    images: grpcImageService(images),
    close: async () => {
      runtime.close();
      images.close();
    },
  };
}
