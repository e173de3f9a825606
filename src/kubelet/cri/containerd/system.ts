import { isFreeForNetwork } from "../cni.ts";
import { connectRuntime } from "../grpc/connect.ts";
import type { ContainerRuntime } from "../runtime.ts";
import { accepts } from "./process.ts";

const SYSTEM_SOCKET = "/run/containerd/containerd.sock";

export interface SystemContainerd {
  readonly socket: string;
  readonly cniConfigDirectory: string;
  readonly sandboxImage: string;
}

export type SystemAnswer = { readonly usable: SystemContainerd } | { readonly reason: string };

interface CriConfig {
  sandboxImage?: string;
  restrictOOMScoreAdj?: boolean;
  cni?: { confDir?: string };
}

/**
 * Whether the machine's own containerd can be this cluster's runtime, or why not: its CRI must be on, it must run pods for
 * nobody else, and its pod network must be free to set.
 */
export async function findSystemContainerd(options: {
  socket?: string;
  mayLowerOomScore: boolean;
  /** Labels that sandboxes of this cluster carry. */
  ownLabels: Readonly<Record<string, string>>;
  /** Name of this cluster's pod network. */
  networkName: string;
}): Promise<SystemAnswer> {
  const socket = options.socket ?? SYSTEM_SOCKET;
  if (!(await accepts(socket))) return { reason: `nobody listens on ${socket}` };
  const connected = await connectRuntime(socket);
  try {
    return await judge(connected, socket, options);
  } catch (error) {
    return { reason: `the containerd on ${socket} does not serve CRI: ${(error as Error).message}` };
  } finally {
    await connected.close();
  }
}

async function judge(
  connected: ContainerRuntime,
  socket: string,
  options: { mayLowerOomScore: boolean; ownLabels: Readonly<Record<string, string>>; networkName: string },
): Promise<SystemAnswer> {
  const { info } = await connected.runtime.status({ verbose: true });
  const config = JSON.parse(info.config ?? "{}") as CriConfig;
  const cniConfigDirectory = config.cni?.confDir;
  const sandboxImage = config.sandboxImage;
  if (cniConfigDirectory === undefined || sandboxImage === undefined) {
    return { reason: `the containerd on ${socket} does not tell its network directory and sandbox image` };
  }
  if (config.restrictOOMScoreAdj !== true && !options.mayLowerOomScore) {
    return { reason: `the containerd on ${socket} lacks restrict_oom_score_adj, which this machine needs` };
  }
  if (!(await isFreeForNetwork(cniConfigDirectory, options.networkName))) {
    return { reason: `${cniConfigDirectory} holds the pod network of somebody else` };
  }
  const isOurs = (labels: Readonly<Record<string, string>>) =>
    Object.entries(options.ownLabels).every(([key, value]) => labels[key] === value);
  const foreign = (await connected.runtime.listPodSandboxes()).find(({ labels }) => !isOurs(labels));
  if (foreign !== undefined) return { reason: `the containerd on ${socket} runs pods of another cluster` };
  return { usable: { socket, cniConfigDirectory, sandboxImage } };
}
