import { isIPv4 } from "node:net";
import { addressAt, type Cidr, contains, parseCidr } from "./cidr.ts";

/** Of a Node: where it is, and which pods are there. */
export interface OverlayNode {
  readonly name: string;
  /** Its first InternalIP that is IPv4. */
  readonly address: string | undefined;
  /** `spec.podCIDR`. */
  readonly podCidr: string | undefined;
}

/** Another machine of the cluster and how its pods are reached. */
export interface OverlayPeer {
  readonly podCidr: string;
  readonly nodeAddress: string;
}

/** What the overlay of a machine is; undefined in place of it where no other machine is to be reached. */
export interface OverlayPlan {
  /** VXLAN network identifier, alike on all nodes of a cluster and different between the clusters of a machine. */
  readonly networkId: number;
  /** This machine's address, from which packets leave. */
  readonly localAddress: string;
  readonly podCidr: string;
  readonly peers: readonly OverlayPeer[];
}

/**
 * Which machines' pods go through the overlay. Left out is what needs none or cannot have one: nodes on this same machine,
 * and nodes whose address only they themselves can reach (loopback, the bridge of their own pods).
 */
export function planOverlay(
  nodes: readonly OverlayNode[],
  own: { readonly nodeName: string; readonly clusterCidr: string },
): OverlayPlan | undefined {
  const cluster = parseCidr(own.clusterCidr);
  const self = nodes.find(({ name }) => name === own.nodeName);
  if (self?.podCidr === undefined || !isReachable(self.address, cluster)) return undefined;
  const peers = nodes
    .flatMap(({ name, address, podCidr }) =>
      name !== self.name && isBlock(podCidr) && isReachable(address, cluster) && address !== self.address
        ? [{ podCidr, nodeAddress: address }]
        : [],
    )
    .sort((one, other) => parseCidr(one.podCidr).start - parseCidr(other.podCidr).start);
  if (peers.length === 0) return undefined;
  return { networkId: networkId(cluster), localAddress: self.address, podCidr: self.podCidr, peers };
}

/** No two clusters of a machine have the same addresses of pods, so these tell them apart. 24 bits. */
function networkId(cluster: Cidr): number {
  return Math.floor(cluster.start / 256);
}

function isBlock(podCidr: string | undefined): podCidr is string {
  const [address = "", bits] = podCidr?.split("/") ?? [];
  return isIPv4(address) && bits !== undefined;
}

function isReachable(address: string | undefined, cluster: Cidr): address is string {
  return address !== undefined && isIPv4(address) && !address.startsWith("127.") && !contains(cluster, address);
}

/** A machine's own address in the overlay: the first of its pods' block, which no pod gets. */
export function tunnelAddress(podCidr: string): string {
  return addressAt(parseCidr(podCidr), 0);
}

/** Of a machine's end of the overlay. It follows from the pods' addresses, so that nobody has to ask for it. */
export function tunnelHardwareAddress(podCidr: string): string {
  const { start } = parseCidr(podCidr);
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256);
  return ["0a", "59", ...bytes.map((byte) => byte.toString(16).padStart(2, "0"))].join(":");
}

/** Lines for `ip -batch` and `bridge -batch`. */
export interface OverlayCommands {
  readonly ip: readonly string[];
  readonly bridge: readonly string[];
}

/**
 * What leads from peers that are reached (node address by pods' block; empty when it is not known) to those that shall be.
 * Removals may find that there is nothing to remove.
 */
export function overlayChanges(
  plan: OverlayPlan,
  { device, applied }: { readonly device: string; readonly applied: ReadonlyMap<string, string> },
): { readonly remove: OverlayCommands; readonly add: OverlayCommands } {
  const wanted = new Map(plan.peers.map(({ podCidr, nodeAddress }) => [podCidr, nodeAddress]));
  const gone = [...applied.keys()].filter((podCidr) => !wanted.has(podCidr));
  const fresh = plan.peers.filter(({ podCidr, nodeAddress }) => applied.get(podCidr) !== nodeAddress);
  const source = addressAt(parseCidr(plan.podCidr), 1);
  return {
    remove: {
      ip: gone.flatMap((podCidr) => [
        `route del ${podCidr} dev ${device}`,
        `neigh del ${tunnelAddress(podCidr)} dev ${device}`,
      ]),
      bridge: gone.map((podCidr) => `fdb del ${tunnelHardwareAddress(podCidr)} dev ${device} self`),
    },
    add: {
      ip: fresh.flatMap(({ podCidr }) => {
        const via = tunnelAddress(podCidr);
        return [
          `neigh replace ${via} lladdr ${tunnelHardwareAddress(podCidr)} dev ${device} nud permanent`,
          // From the bridge's address: what the machine itself asks of far pods is answered through the overlay, too.
          `route replace ${podCidr} via ${via} dev ${device} onlink src ${source}`,
        ];
      }),
      bridge: fresh.map(
        ({ podCidr, nodeAddress }) =>
          `fdb replace ${tunnelHardwareAddress(podCidr)} dev ${device} dst ${nodeAddress} self permanent`,
      ),
    },
  };
}
