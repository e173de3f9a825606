import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { type Cidr, formatCidr, overlaps, parseCidr } from "./cidr.ts";
import { type Claim, claimBlock } from "./claim.ts";

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
 * A block for all pods of a new cluster that no network of this machine uses, other clusters' bridges among them, and that
 * no other cluster takes at this moment. Keep the answer with the cluster's data: pods live on when Wherry starts again.
 * Throws when every candidate is in use.
 *
 * @param options.usualFirst for the cluster in the usual place. Others begin elsewhere, each at a place of its own by its id,
 *   as nothing on the machine tells the blocks of clusters that are stopped
 */
export async function chooseClusterCidr(options: {
  readonly id: string;
  readonly usualFirst: boolean;
}): Promise<{ cidr: string; claim: Claim }> {
  const used = await usedBlocks();
  for (let left = candidatesFor(options); ; ) {
    const cidr = chooseFrom(left, used);
    const claim = await claimBlock(cidr);
    if (claim !== undefined) return { cidr, claim };
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
  throw new Error(`no block of addresses is left for pods: all of ${candidates.join(", ")} are in use on this machine`);
}

async function usedBlocks(): Promise<Cidr[]> {
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const own = addresses.flatMap((entry) =>
    entry.family === "IPv4" && entry.cidr !== null ? [parseCidr(entry.cidr)] : [],
  );
  return [...own, ...parseRoutes(await readFile("/proc/net/route", "utf8").catch(() => ""))];
}

/** Blocks that /proc/net/route has routes to, but for the default route. Numbers there are little-endian hex. */
export function parseRoutes(text: string): Cidr[] {
  return text
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [destination, mask] = [fields[1] ?? "", fields[7] ?? ""].map((hex) => Buffer.from(hex, "hex").reverse());
      if (destination?.length !== 4 || mask?.length !== 4) return [];
      const bits = mask.readUInt32BE().toString(2).replaceAll("0", "").length;
      return bits === 0 ? [] : [{ start: destination.readUInt32BE(), bits }];
    });
}
