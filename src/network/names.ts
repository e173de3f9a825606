import { createHash } from "node:crypto";

/** Pattern of the bridges of all of our clusters on a machine, as nftables and iproute2 understand it. */
export const POD_INTERFACES = "wherry-*";
/** What an interface's name may hold in Linux (IFNAMSIZ without the closing zero). */
const INTERFACE_NAME_CHARACTERS = 15;

/** The bridge of a cluster's pods on this machine. Short ids stay readable, long ones become a hash. */
export function bridgeName(clusterId: string): string {
  const name = `wherry-${clusterId}`;
  if (name.length <= INTERFACE_NAME_CHARACTERS) return name;
  return `wherry-${createHash("sha256")
    .update(clusterId)
    .digest("hex")
    .slice(0, INTERFACE_NAME_CHARACTERS - 7)}`;
}

/** The device through which pods of other machines are reached. */
export function overlayName(clusterId: string): string {
  return `whx${bridgeName(clusterId).slice("wherry".length)}`;
}

/** Whether a device of this machine belongs to some cluster's pod network. */
export function isPodNetworkDevice(name: string): boolean {
  return name.startsWith("wherry-") || name.startsWith("whx-");
}

/** Name of the CNI network, by which host-local keeps addresses and CNI keeps results. */
export function networkName(clusterId: string): string {
  return `wherry-${clusterId}`;
}

/**
 * A bridge without an address of its own takes over that of its lowest port, and changes it when pods come and go, which
 * breaks connections until neighbours notice. So it gets one: locally administered, from the cluster's id.
 */
export function bridgeHardwareAddress(clusterId: string): string {
  const hash = createHash("sha256").update(clusterId).digest("hex");
  return ["0a", "58", hash.slice(0, 2), hash.slice(2, 4), hash.slice(4, 6), hash.slice(6, 8)].join(":");
}
