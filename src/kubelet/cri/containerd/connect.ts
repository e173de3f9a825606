import { connectRuntime } from "../grpc/connect.ts";
import type { ContainerRuntime } from "../runtime.ts";
import { containerdEvents } from "./events.ts";

/** containerd's CRI on its socket, with container events from containerd's own event service. */
export async function connectContainerd(socket: string): Promise<ContainerRuntime> {
  const connected = await connectRuntime(socket);
  return {
    ...connected,
    runtime: { ...connected.runtime, containerEvents: (signal) => containerdEvents(socket, signal) },
  };
}
