import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CommandError } from "../cli/command.ts";
import { defaultDataDirectory } from "../cli/defaults.ts";
import { clusterId } from "../kubelet/cri/containerd/paths.ts";
import { bridgeOfOthers, chooseClusterCidr } from "../network/choose.ts";
import { type Claim, claimBlock } from "../network/claim.ts";
import { bridgeName } from "../network/names.ts";

/** What a cluster decides once and keeps: other clusters on this machine must not get in its way, nor it in theirs. */
export interface ClusterFacts {
  /** Unique on this machine, from the data directory: names nft tables, bridges, run directories. */
  readonly clusterId: string;
  /** Addresses of all pods, and of this machine's pods. */
  readonly clusterCidr: string;
  /** Addresses of Services. */
  readonly serviceCidr: string;
}

export const CLUSTER_DOMAIN = "cluster.local";
export const SERVICE_CIDR = "10.96.0.0/16";
/** First address: the API server's own Service; tenth: cluster DNS, as everywhere. */
export const KUBERNETES_SERVICE_ADDRESS = "10.96.0.1";
export const DNS_SERVICE_ADDRESS = "10.96.0.10";

/**
 * Reads the cluster's facts, or decides them at its first start, and claims its pods' addresses for this process; without
 * `claim` another cluster of this machine has them now.
 *
 * @param decided what another server of the cluster has decided
 * @throws Error when the file is not what it was written as
 */
export async function clusterFacts(
  dataDirectory: string,
  decided?: Pick<ClusterFacts, "clusterCidr" | "serviceCidr">,
): Promise<{ facts: ClusterFacts; claim: Claim | undefined }> {
  const file = join(dataDirectory, "cluster.json");
  const id = clusterId(dataDirectory);
  if (existsSync(file)) {
    const facts = { ...readFacts(file), clusterId: id };
    return { facts, claim: await claimBlock(facts.clusterCidr) };
  }
  if (decided !== undefined) {
    writeFacts(file, decided);
    return { facts: { ...decided, clusterId: id }, claim: await claimBlock(decided.clusterCidr) };
  }
  const usualFirst = dataDirectory === defaultDataDirectory({ ...process.env, WHERRY_DATA_DIR: undefined });
  const { cidr, claim } = await chooseClusterCidr({ id, usualFirst });
  const own = { clusterCidr: cidr, serviceCidr: SERVICE_CIDR };
  writeFacts(file, own);
  return { facts: { ...own, clusterId: id }, claim };
}

function writeFacts(
  file: string,
  { clusterCidr, serviceCidr }: Pick<ClusterFacts, "clusterCidr" | "serviceCidr">,
): void {
  writeFileSync(`${file}.new`, `${JSON.stringify({ clusterCidr, serviceCidr }, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Whether a cluster has decided anything here. */
export function hasClusterFacts(dataDirectory: string): boolean {
  return existsSync(join(dataDirectory, "cluster.json"));
}

/** @throws CommandError (5) when another cluster of this machine has the addresses of this one's pods */
export function requireOwnPodBlock({ clusterCidr, clusterId: id }: ClusterFacts, claim: Claim | undefined): void {
  const other = bridgeOfOthers(clusterCidr, bridgeName(id));
  if (claim !== undefined && other === undefined) return;
  const who = other === undefined ? "another cluster that runs on this machine" : `the cluster of bridge ${other}`;
  throw new CommandError(
    `the addresses of this cluster's pods, ${clusterCidr}, are in use by ${who}: stop it first`,
    5,
  );
}

/** The facts of a cluster that has started with this data directory. @throws Error when there is none */
export function readClusterFacts(dataDirectory: string): ClusterFacts {
  const file = join(dataDirectory, "cluster.json");
  if (existsSync(file)) return { ...readFacts(file), clusterId: clusterId(dataDirectory) };
  throw new Error(`there is no ${file}: use the --data-dir that the API server has, or copy the file from there`);
}

function readFacts(file: string): Omit<ClusterFacts, "clusterId"> {
  try {
    const facts = JSON.parse(readFileSync(file, "utf8")) as Partial<ClusterFacts>;
    if (facts.clusterCidr && facts.serviceCidr)
      return { clusterCidr: facts.clusterCidr, serviceCidr: facts.serviceCidr };
  } catch {
    // Told below: whatever is wrong with the file, the answer is the same.
  }
  throw new Error(`${file} is damaged: restore it from a backup, or start with another --data-dir`);
}

/** Addresses of the pods of the first node: the one that runs in the server's own process. */
export function nodePodCidr(facts: ClusterFacts): string {
  return facts.clusterCidr.replace(/\/\d+$/, "/24");
}
