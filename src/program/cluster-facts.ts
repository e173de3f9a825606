import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RangeChoice } from "../cli/choices.ts";
import { CommandError } from "../cli/command.ts";
import { defaultDataDirectory } from "../cli/defaults.ts";
import { clusterId } from "../kubelet/cri/containerd/paths.ts";
import { addressesInUse, bridgeOfOthers, chooseClusterCidr } from "../network/choose.ts";
import { type Claim, type Collision, claimRanges, isCollision } from "../network/claim.ts";
import { bridgeName, overlayName } from "../network/names.ts";
import { type ClusterRanges, completeRanges, DEFAULT_RANGES, RANGE_OPTIONS } from "./cluster-ranges.ts";
import { requireSeparate } from "./range-choice.ts";

/** What a cluster decides once and keeps: other clusters on this machine must not get in its way, nor it in theirs. */
export interface ClusterFacts extends ClusterRanges {
  /** Unique on this machine, from the data directory: names nft tables, bridges, run directories. */
  readonly clusterId: string;
}

export interface FactsOptions {
  readonly dataDirectory: string;
  /** What another server of the cluster has decided. */
  readonly decided?: ClusterRanges | undefined;
  /** What the command line says. It has been compared with what stands, where something does (requireSameRanges). */
  readonly chosen: RangeChoice;
  /** Whether this machine's own network has to leave the chosen addresses free: not where nobody reaches the server from elsewhere. */
  readonly checksMachine: boolean;
}

/**
 * Reads the cluster's facts, or decides them at its first start, and claims its addresses for this process; a Collision in place
 * of the claim says that another cluster of this machine has them now.
 *
 * @throws CommandError (2) when what is chosen cannot be on this machine; Error when the file is not what it was written as
 */
export async function clusterFacts(options: FactsOptions): Promise<{ facts: ClusterFacts; claim: Claim | Collision }> {
  const { dataDirectory, decided } = options;
  const id = clusterId(dataDirectory);
  const known = standingRanges(dataDirectory) ?? decided;
  if (known === undefined) return decide(id, options);
  if (!hasClusterFacts(dataDirectory)) writeFacts(dataDirectory, known);
  const claim = await claimRanges({ id, pods: known.clusterCidr, services: known.serviceCidr });
  return { facts: { ...known, clusterId: id }, claim };
}

async function decide(
  id: string,
  { dataDirectory, chosen, checksMachine }: FactsOptions,
): Promise<{ facts: ClusterFacts; claim: Claim }> {
  const services = chosen.serviceCidr ?? DEFAULT_RANGES.serviceCidr;
  const usualFirst = dataDirectory === defaultDataDirectory({ ...process.env, WHERRY_DATA_DIR: undefined });
  requireSeparate(chosen);
  if (checksMachine) await requireFree(id, chosen);
  const { cidr, claim } =
    chosen.clusterCidr === undefined
      ? await chooseClusterCidr({ id, services, usualFirst })
      : { cidr: chosen.clusterCidr, claim: await claimRanges({ id, pods: chosen.clusterCidr, services }) };
  if (isCollision(claim)) {
    const option = RANGE_OPTIONS[claim.own === "pods" ? "clusterCidr" : "serviceCidr"];
    throw new CommandError(
      `--${option}: a cluster that runs on this machine has ${claim.cidr} for its ${words(claim.others)}: choose other addresses`,
      2,
    );
  }
  const own = completeRanges({ ...chosen, clusterCidr: cidr });
  writeFacts(dataDirectory, own);
  return { facts: { ...own, clusterId: id }, claim };
}

/** @throws CommandError (2) when this machine has networks with addresses that are chosen for the cluster */
async function requireFree(id: string, chosen: RangeChoice): Promise<void> {
  const ownDevices = [bridgeName(id), overlayName(id)];
  for (const name of ["serviceCidr", "clusterCidr"] as const) {
    const cidr = chosen[name];
    const user = cidr === undefined ? undefined : await addressesInUse(cidr, ownDevices);
    if (user === undefined) continue;
    throw new CommandError(
      `--${RANGE_OPTIONS[name]} ${cidr} has addresses of ${user}: choose addresses that nothing here uses`,
      2,
    );
  }
}

function words(kind: Collision["others"]): string {
  return kind === "pods" ? "pods" : "Services";
}

function factsFile(dataDirectory: string): string {
  return join(dataDirectory, "cluster.json");
}

function writeFacts(dataDirectory: string, ranges: ClusterRanges): void {
  const file = factsFile(dataDirectory);
  writeFileSync(`${file}.new`, `${JSON.stringify(completeRanges(ranges), null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Whether a cluster has decided anything here. */
export function hasClusterFacts(dataDirectory: string): boolean {
  return existsSync(factsFile(dataDirectory));
}

/**
 * @throws CommandError (5) when another cluster of this machine has the addresses of this one's pods, or of its Services for its
 * own pods
 */
export function requireOwnAddresses(facts: ClusterFacts, claim: Claim | Collision): void {
  const { clusterCidr, serviceCidr, clusterId: id } = facts;
  const bridge = (cidr: string): string | undefined => bridgeOfOthers(cidr, bridgeName(id));
  const refuse = (whose: string, cidr: string, who: string): Error =>
    new CommandError(`the addresses of this cluster's ${whose}, ${cidr}, are in use by ${who}: stop it first`, 5);
  if (isCollision(claim)) {
    const cidr = claim.own === "pods" ? clusterCidr : serviceCidr;
    const theirs =
      claim.cidr === cidr && claim.others === claim.own ? "" : ` (its ${words(claim.others)} have ${claim.cidr})`;
    throw refuse(words(claim.own), cidr, `another cluster that runs on this machine${theirs}`);
  }
  for (const [whose, cidr] of [
    ["pods", clusterCidr],
    ["Services", serviceCidr],
  ] as const) {
    const other = bridge(cidr);
    if (other !== undefined) throw refuse(whose, cidr, `the cluster of bridge ${other}`);
  }
}

/** The facts of a cluster that has started with this data directory. @throws Error when there is none */
export function readClusterFacts(dataDirectory: string): ClusterFacts {
  const ranges = standingRanges(dataDirectory);
  if (ranges !== undefined) return { ...ranges, clusterId: clusterId(dataDirectory) };
  throw new Error(
    `there is no ${factsFile(dataDirectory)}: use the --data-dir that the API server has, or copy the file from there`,
  );
}

/** What a cluster has decided in this data directory; undefined where none has. @throws Error when the file is damaged */
export function standingRanges(dataDirectory: string): ClusterRanges | undefined {
  const file = factsFile(dataDirectory);
  if (!existsSync(file)) return undefined;
  try {
    const facts = JSON.parse(readFileSync(file, "utf8")) as Partial<ClusterRanges>;
    const { clusterCidr, serviceCidr } = facts;
    if (clusterCidr && serviceCidr) return completeRanges({ ...facts, clusterCidr });
  } catch {
    // Told below: whatever is wrong with the file, the answer is the same.
  }
  throw new Error(`${file} is damaged: restore it from a backup, or start with another --data-dir`);
}
