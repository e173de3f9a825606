import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { type Cidr, contains, formatCidr, overlaps, parseCidr } from "./cidr.ts";
import { type Claim, claimRanges, isCollision } from "./claim.ts";
import { isPodNetworkDevice } from "./names.ts";

/**
 * What a cluster's pods may be called: the usual block first, then its neighbours, then those that few networks use. Many, so
 * that a new cluster seldom takes the block of one that is stopped, which could not start then.
 */
const CANDIDATES: readonly string[] = [
  ...Array.from({ length: 11 }, (_, index) => `10.${244 + index}.0.0/16`),
  ...Array.from({ length: 52 }, (_, index) => `10.${192 + index}.0.0/16`),
  "172.31.0.0/16",
  "172.30.0.0/16",
  "172.29.0.0/16",
];

/**
 * A block for all pods of a new cluster that neither its Services nor a network of this machine use, other clusters' bridges
 * among them, and that no other cluster takes at this moment. Keep the answer with the cluster's data: pods live on when Wherry
 * starts again. Throws when every candidate is in use.
 *
 * @param options.services addresses of the cluster's Services
 * @param options.usualFirst for the cluster in the usual place. Others begin elsewhere, each at a place of its own by its id,
 *   as nothing on the machine tells the blocks of clusters that are stopped
 */
export async function chooseClusterCidr(options: {
  readonly id: string;
  readonly services: string;
  readonly usualFirst: boolean;
}): Promise<{ cidr: string; claim: Claim }> {
  const { id, services } = options;
  const used = await machineNetworks();
  const isOfServices = (candidate: string): boolean => overlaps(parseCidr(candidate), parseCidr(services));
  for (let left = candidatesFor(options).filter((candidate) => !isOfServices(candidate)); ; ) {
    const cidr = chooseFrom(left, used);
    const claim = await claimRanges({ id, pods: cidr, services });
    if (!isCollision(claim)) return { cidr, claim };
    left = left.filter((candidate) => candidate !== cidr);
  }
}

/** The candidates in a cluster's own order. */
export function candidatesFor({ id, usualFirst }: { id: string; usualFirst: boolean }): readonly string[] {
  if (usualFirst) return CANDIDATES;
  const [usual, ...others] = CANDIDATES as [string, ...string[]];
  const first = createHash("sha256").update(id).digest().readUInt32BE() % others.length;
  return [...others.slice(first), ...others.slice(0, first), usual];
}

/** Name of another cluster's bridge that has addresses of a block; undefined when there is none. */
export function bridgeOfOthers(cidr: string, ownBridge: string): string | undefined {
  const block = parseCidr(cidr);
  const found = Object.entries(networkInterfaces()).find(
    ([name, addresses]) =>
      name.startsWith("wherry-") &&
      name !== ownBridge &&
      addresses?.some((entry) => entry.family === "IPv4" && entry.cidr && overlaps(parseCidr(entry.cidr), block)),
  );
  return found?.[0];
}

/** Pure part of chooseClusterCidr. A wide route (a VPN to 10.0.0.0/8) is only taken into account where it can be. */
export function chooseFrom(candidates: readonly string[], used: readonly Cidr[]): string {
  const parsed = candidates.map(parseCidr);
  const free = parsed.find((candidate) => !used.some((block) => overlaps(block, candidate)));
  if (free !== undefined) return formatCidr(free);
  const shadowing = parsed.find(
    (candidate) => !used.some((block) => block.bits >= candidate.bits && overlaps(block, candidate)),
  );
  if (shadowing !== undefined) return formatCidr(shadowing);
  throw new Error(
    `no block of addresses is left for pods: all of ${candidates.join(", ")} are in use on this machine: name another with --cluster-cidr`,
  );
}

/** A network that this machine is in, or that it has a route to. */
export interface MachineNetwork extends Cidr {
  readonly device: string;
  /** The machine's own address there; absent where there is only a route. */
  readonly address?: string;
}

/** Networks of this machine, with the devices of whatever clusters it has. */
async function machineNetworks(): Promise<MachineNetwork[]> {
  return [...ownNetworks(), ...parseRoutes(await readFile("/proc/net/route", "utf8").catch(() => ""))];
}

function ownNetworks(): MachineNetwork[] {
  return Object.entries(networkInterfaces()).flatMap(([device, entries]) =>
    (entries ?? []).flatMap(({ family, cidr, address }) =>
      family === "IPv4" && cidr !== null ? [{ ...parseCidr(cidr), device, address }] : [],
    ),
  );
}

/**
 * In words, whose addresses of this machine somebody has chosen who wants `cidr` for a cluster; undefined when they are free.
 * @param ownDevices those that the cluster itself has made
 */
export async function addressesInUse(cidr: string, ownDevices: readonly string[]): Promise<string | undefined> {
  const networks = await machineNetworks();
  return findNetwork(
    parseCidr(cidr),
    networks.filter(({ device }) => !ownDevices.includes(device)),
  );
}

/** An address of this machine in the block, as `10.0.0.5 (eth0)`; those of pods' bridges do not count. */
export function machineAddressIn(cidr: string): string | undefined {
  const block = parseCidr(cidr);
  const found = ownNetworks().find(
    ({ device, address = "" }) => !isPodNetworkDevice(device) && contains(block, address),
  );
  return found && `${found.address} (${found.device})`;
}

/** Pure part of addressesInUse. Of routes only those count that lead into the block: one to 10.0.0.0/8 leaves room for others. */
export function findNetwork(block: Cidr, networks: readonly MachineNetwork[]): string | undefined {
  const found = networks.find(
    (network) => overlaps(network, block) && (network.address !== undefined || network.bits >= block.bits),
  );
  if (found === undefined) return undefined;
  const { device, address } = found;
  if (isPodNetworkDevice(device)) return `the pods of another cluster (${device})`;
  if (address === undefined) return `the network ${formatCidr(found)}, which is reached by ${device}`;
  return `the network ${formatCidr(found)} of ${device}, where this machine is ${address}`;
}

/** Blocks that /proc/net/route has routes to, but for the default route. Numbers there are little-endian hex. */
export function parseRoutes(text: string): MachineNetwork[] {
  return text
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [destination, mask] = [fields[1] ?? "", fields[7] ?? ""].map((hex) => Buffer.from(hex, "hex").reverse());
      if (destination?.length !== 4 || mask?.length !== 4) return [];
      const bits = mask.readUInt32BE().toString(2).replaceAll("0", "").length;
      return bits === 0 ? [] : [{ start: destination.readUInt32BE(), bits, device: fields[0] ?? "" }];
    });
}
