import { join } from "node:path";
import { flatText } from "../../base/flat-text.ts";
import { createInterner } from "../../base/intern.ts";
import type { PodIdentity } from "../labels.ts";

/** Where the kubelet keeps things, as upstream lays out /var/lib/kubelet and /var/log/pods. */
export interface KubeletPaths {
  readonly root: string;
  readonly logs: string;
  /** A tmpfs for what must not reach the disk; equal to `root` where none can be mounted. */
  readonly memory: string;
}

export function kubeletPaths(dataDirectory: string): KubeletPaths {
  const root = join(dataDirectory, "kubelet");
  return internPaths({ root, logs: join(root, "logs"), memory: join(root, "memory") });
}

/** Simulated nodes say the same one. */
const internPaths = createInterner<KubeletPaths>();

// Of names that are no paths, below directories that are normal: `join` would look at each letter, ten times a pod.
export const podsDirectory = (paths: KubeletPaths): string => `${paths.root}/pods`;
export const podDirectory = (paths: KubeletPaths, uid: string): string => `${podsDirectory(paths)}/${uid}`;
/** What of a pod's volumes lies in memory. */
export const podMemoryDirectory = (paths: KubeletPaths, uid: string): string => `${paths.memory}/${uid}`;
/** In memory: it is written between the sandbox and its containers, when nothing may wait for a disk. */
export const etcHostsPath = (paths: KubeletPaths, uid: string): string => `${podMemoryDirectory(paths, uid)}/etc-hosts`;
export const seccompDirectory = (paths: KubeletPaths): string => `${paths.root}/seccomp`;

/** `logs/<namespace>_<name>_<uid>`, as log collectors expect. */
export function podLogDirectory(paths: KubeletPaths, { namespace, name, uid }: PodIdentity): string {
  return flatText(`${paths.logs}/${namespace}_${name}_${uid}`);
}

/** Relative to the pod's log directory. */
export const containerLogPath = (container: string, attempt: number): string => `${container}/${attempt}.log`;

export function terminationMessagePath(
  paths: KubeletPaths,
  uid: string,
  of: { container: string; attempt: number },
): string {
  return flatText(`${podDirectory(paths, uid)}/containers/${of.container}/termination-log-${of.attempt}`);
}

/** `volumes/kubernetes.io~configmap/config` below the directory that the pod's volumes of that kind are in. */
export function volumeDirectory(base: string, plugin: string, volume: string): string {
  return flatText(`${base}/volumes/kubernetes.io~${plugin}/${volume}`);
}
