import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { RunCommand } from "../base/run-command.ts";
import { bridgeName, networkName, overlayName } from "./names.ts";

export interface CleanupOptions {
  readonly clusterId: string;
  readonly run: RunCommand;
  /** Where host-local keeps the addresses of the cluster's network (CniNetwork.addressDirectory). */
  readonly addressDirectory: string;
  /** Where CNI keeps the results of its calls; libcni's own default. */
  readonly resultDirectory?: string;
}

/**
 * Removes what is left of a cluster's pod network once its pods are gone or given up: the cables of pods and the network
 * namespaces at their other ends, the bridge, the overlay, and the addresses' files. Touches nothing of other clusters. Idempotent;
 * tries everything, then rejects with all that could not be removed.
 */
export async function cleanupPodNetwork(options: CleanupOptions): Promise<void> {
  const bridge = bridgeName(options.clusterId);
  const network = networkName(options.clusterId);
  const problems: string[] = [];
  const ip = async (...parameters: string[]): Promise<string> => {
    const result = await options.run("ip", parameters);
    if (result.code !== 0 && !isGone(result.stderr))
      problems.push(`ip ${parameters.join(" ")}: ${result.stderr.trim()}`);
    return result.code === 0 ? result.stdout : "";
  };

  if ((await options.run("ip", ["link", "show", "dev", bridge])).code === 0) {
    const ports = parsePorts(await ip("-json", "-details", "link", "show", "master", bridge));
    const namespaces = parseNamespaces(await ip("-json", "netns", "list-id"));
    for (const port of ports) {
      await ip("link", "delete", "dev", port.name);
      const namespace = port.peerNamespace === undefined ? undefined : namespaces.get(port.peerNamespace);
      // Only what a CNI runtime made for a sandbox: a person may have plugged something of their own into the bridge.
      if (namespace?.startsWith("cni-")) await ip("netns", "delete", namespace);
    }
    await ip("link", "delete", "dev", bridge);
  }
  const overlay = overlayName(options.clusterId);
  if ((await options.run("ip", ["link", "show", "dev", overlay])).code === 0)
    await ip("link", "delete", "dev", overlay);
  await rm(join(options.addressDirectory, network), { recursive: true, force: true });
  const results = options.resultDirectory ?? "/var/lib/cni/results";
  for (const file of await readdir(results).catch(() => [])) {
    if (file.startsWith(`${network}-`)) await rm(join(results, file), { force: true });
  }
  if (problems.length > 0) throw new Error(`the pod network could not be removed completely: ${problems.join("; ")}`);
}

interface Port {
  readonly name: string;
  /** Number by which this namespace knows the one at the other end. */
  readonly peerNamespace: number | undefined;
}

function parsePorts(json: string): Port[] {
  const links = parse<{ ifname?: string; link_netnsid?: number }>(json);
  return links.flatMap((link) =>
    link.ifname === undefined ? [] : [{ name: link.ifname, peerNamespace: link.link_netnsid }],
  );
}

function parseNamespaces(json: string): Map<number, string> {
  const entries = parse<{ nsid?: number; name?: string }>(json);
  return new Map(
    entries.flatMap((entry) => (entry.nsid === undefined ? [] : [[entry.nsid, entry.name ?? ""] as const])),
  );
}

function parse<T>(json: string): T[] {
  return json.trim() === "" ? [] : (JSON.parse(json) as T[]);
}

function isGone(stderr: string): boolean {
  return /cannot find device|no such file|does not exist/i.test(stderr);
}
