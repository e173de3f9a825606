import { join } from "node:path";
import { connectRuntime } from "../grpc/connect.ts";
import type { ContainerRuntime } from "../runtime.ts";
import { containerdEvents } from "./events.ts";
import { withHandlers } from "./handlers.ts";
import { createImageVolumes } from "./image-volumes.ts";

/**
 * containerd's CRI on its socket, with what its CRI lacks, or has in newer versions alone: its handlers come from its
 * configuration, container events from containerd's own event service, and images that containers mount are mounted below the data directory.
 */
export async function connectContainerd(socket: string, dataDirectory: string): Promise<ContainerRuntime> {
  const connected = await connectRuntime(socket);
  const { runtime } = connected;
  const directory = join(dataDirectory, "containerd", "image-volumes");
  const volumes = createImageVolumes({ socket, directory, runtime });
  return {
    ...connected,
    runtime: {
      ...runtime,
      async status({ verbose = false } = {}) {
        const told = withHandlers(await runtime.status({ verbose: true }));
        return verbose ? told : { ...told, info: {} };
      },
      containerEvents: (signal) => containerdEvents(socket, signal),
      async createContainer(podSandboxId, config, sandboxConfig) {
        const mounts = await volumes.mount(podSandboxId, config.mounts);
        return runtime.createContainer(podSandboxId, { ...config, mounts }, sandboxConfig);
      },
      async stopPodSandbox(podSandboxId) {
        await runtime.stopPodSandbox(podSandboxId);
        await volumes.remove(podSandboxId);
      },
      async removePodSandbox(podSandboxId) {
        await runtime.removePodSandbox(podSandboxId);
        await volumes.remove(podSandboxId);
      },
    },
    async close() {
      volumes.close();
      await connected.close();
    },
  };
}
