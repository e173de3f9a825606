import type { RunCommand } from "../base/run-command.ts";
import { addressAt, parseCidr } from "./cidr.ts";
import { bridgeHardwareAddress, bridgeName } from "./names.ts";

export interface PodNetworkOptions {
  readonly clusterId: string;
  /** Addresses of this node's pods, e.g. `10.244.0.0/24`. */
  readonly podCidr: string;
  readonly run: RunCommand;
}

export interface PodNetwork {
  /** The bridge's device. */
  readonly bridge: string;
  /** The node's address on the bridge: the pods' gateway, and an address of the node that only this machine can reach. */
  readonly gateway: string;
}

/**
 * Makes the bridge of this cluster's pods, before any pod runs: the CNI plugin joins the one that is there, and cluster DNS
 * and node ports on localhost have their interface from the start. Idempotent. Rejects with what to do.
 */
export async function ensurePodNetwork(options: PodNetworkOptions): Promise<PodNetwork> {
  const bridge = bridgeName(options.clusterId);
  const cidr = parseCidr(options.podCidr);
  const gateway = addressAt(cidr, 1);
  const ip = async (...parameters: string[]): Promise<void> => {
    const result = await options.run("ip", parameters);
    if (result.code !== 0) throw new Error(explain(bridge, result.stderr));
  };
  const existing = await options.run("ip", ["-json", "addr", "show", "dev", bridge]);
  if (existing.code === 127) throw new Error(explain(bridge, existing.stderr));
  if (existing.code !== 0) await addBridge(bridge, bridgeHardwareAddress(options.clusterId), options.run);
  await ip("addr", "replace", `${gateway}/${cidr.bits}`, "dev", bridge);
  for (const old of existing.code === 0 ? addressesOf(existing.stdout) : []) {
    if (old !== `${gateway}/${cidr.bits}`) await ip("addr", "del", old, "dev", bridge);
  }
  await ip("link", "set", bridge, "up");
  return { bridge, gateway };
}

/** A pod of an earlier run may start at the same moment, and its CNI plugin makes the bridge, too: then it is made ours. */
async function addBridge(bridge: string, hardwareAddress: string, run: RunCommand): Promise<void> {
  const added = await run("ip", ["link", "add", bridge, "address", hardwareAddress, "type", "bridge"]);
  if (added.code === 0) return;
  if (!/file exists/i.test(added.stderr)) throw new Error(explain(bridge, added.stderr));
  const taken = await run("ip", ["link", "set", bridge, "address", hardwareAddress]);
  if (taken.code !== 0) throw new Error(explain(bridge, taken.stderr));
}

function addressesOf(json: string): string[] {
  const links = JSON.parse(json) as { addr_info?: { family: string; local: string; prefixlen: number }[] }[];
  return links
    .flatMap((link) => link.addr_info ?? [])
    .filter((entry) => entry.family === "inet")
    .map((entry) => `${entry.local}/${entry.prefixlen}`);
}

function explain(bridge: string, stderr: string): string {
  const text = stderr.trim();
  if (text.startsWith("ip:")) return "cannot run ip: install the package iproute2";
  if (/not permitted/i.test(text)) return `cannot make the bridge ${bridge} of the pod network: root is needed`;
  if (/unknown device type|not supported/i.test(text)) {
    return `cannot make the bridge ${bridge} of the pod network: the kernel has no bridge support (modprobe bridge)`;
  }
  return `cannot make the bridge ${bridge} of the pod network: ${text}`;
}
