import { createHash } from "node:crypto";
import { join } from "node:path";
import type { PrivateContainerdPaths } from "./config.ts";

/** The longest path that fits into the address of a unix socket, and what containerd appends to ours. */
const SOCKET_PATH_BYTES = 107;
const TTRPC_SUFFIX = ".ttrpc";

/** Eight hex digits that stand for a data directory: names of its run directory, bridge and network. */
export function clusterId(dataDirectory: string): string {
  return createHash("sha256").update(dataDirectory).digest("hex").slice(0, 8);
}

/**
 * Where a private containerd keeps its things. `runRoot` must be short: `/run/wherry` unless that cannot be written.
 * Throws RangeError when even so the socket's path is too long.
 */
export function privateContainerdPaths(dataDirectory: string, runRoot = "/run/wherry"): PrivateContainerdPaths {
  const base = join(dataDirectory, "containerd");
  const run = join(runRoot, clusterId(dataDirectory));
  const socket = join(run, "containerd.sock");
  if (Buffer.byteLength(socket + TTRPC_SUFFIX) > SOCKET_PATH_BYTES) {
    throw new RangeError(`the socket path ${socket} is too long for a unix socket: use a shorter run directory`);
  }
  return {
    root: join(base, "root"),
    run,
    state: join(run, "state"),
    socket,
    config: join(base, "config.toml"),
    log: join(base, "containerd.log"),
    pidFile: join(run, "containerd.pid"),
    cniConfig: join(base, "cni"),
    registries: join(base, "registries"),
  };
}
