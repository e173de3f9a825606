import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { namespaces } from "../../src/api/generated/resources.ts";
import { isNotFound } from "../../src/api/status.ts";
import { systemClock } from "../../src/base/clock.ts";
import { clientOf } from "./load/api-server.ts";
import { targetOf } from "./load/bench-cluster.ts";
import type { Target } from "./load/job.ts";
import type { PeerRun } from "./workload.ts";

const POLL_MS = 500;
const REMOVE_MS = 300_000;

/** Another Kubernetes API server, measured beside ours. */
export interface Peer {
  /** What it says of itself, e.g. `v1.33.1+k3s1`. */
  readonly version: string;
  /** Runs an action with a namespace of its own there, and deletes that with all that is in it, whatever came of the action. */
  inNamespace<T>(workload: string, action: (peer: PeerRun) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** @throws KubeconfigError, or what the server said when it was asked for its version */
export async function openPeer(access: { kubeconfig: string; url?: string | undefined }): Promise<Peer> {
  const told = await targetOf(access.kubeconfig);
  const target: Target = { ...told, url: access.url ?? told.url };
  const { protocol, pathname } = new URL(target.url);
  if (protocol !== "https:" || pathname !== "/")
    throw new Error(`${target.url}: a peer's address is https://HOST:PORT, without a path`);
  const client = clientOf(target);
  const version = JSON.parse(await client.transport.text({ method: "GET", path: "/version" })) as {
    gitVersion: string;
  };
  return {
    version: version.gitVersion,
    async inNamespace(workload, action) {
      const namespace = `wherry-bench-${workload}-${randomBytes(3).toString("hex")}`;
      try {
        return await action({ target, namespace });
      } finally {
        await remove(client, namespace);
      }
    },
    close: () => client.transport.close(),
  };
}

async function remove(client: ReturnType<typeof clientOf>, name: string): Promise<void> {
  const begun = systemClock.monotonic();
  try {
    await client.delete(namespaces, { name });
    while (systemClock.monotonic() - begun < REMOVE_MS) {
      await client.get(namespaces, { name });
      await setTimeout(POLL_MS);
    }
    process.stderr.write(`the peer is still deleting its namespace ${name}\n`);
  } catch (error) {
    if (!isNotFound(error))
      process.stderr.write(`the peer's namespace ${name} could not be deleted: ${(error as Error).message}\n`);
  }
}
