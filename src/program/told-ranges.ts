import { configMaps } from "../api/generated/resources.ts";
import { isForbidden, isNotFound } from "../api/status.ts";
import { type Clock, sleep } from "../base/clock.ts";
import { CLUSTER_CONFIG } from "../bootstrap/defaults/system-objects.ts";
import { CommandError } from "../cli/command.ts";
import type { Client } from "../client/client.ts";
import { type ClusterRanges, RANGE_OPTIONS } from "./cluster-ranges.ts";

/** A server that has just begun writes its defaults within this time. */
const WAIT_MS = 10_000;
const POLL_MS = 200;

/** What machines that join are told, by the names of the options. */
export function toldRanges(ranges: ClusterRanges): Record<string, string> {
  const names = Object.entries(RANGE_OPTIONS) as [keyof ClusterRanges, string][];
  return Object.fromEntries(names.map(([name, option]) => [option, String(ranges[name])]));
}

/** Reads what the servers tell, waiting for a server that begins. @throws CommandError when they do not say all of it */
export async function readToldRanges(client: Client, clock: Clock): Promise<ClusterRanges> {
  const data = await readConfig(client, clock);
  const text = (name: keyof ClusterRanges): string => {
    const value = data?.[RANGE_OPTIONS[name]];
    if (value) return value;
    throw new CommandError(
      `the cluster does not say its ${RANGE_OPTIONS[name]} in the ConfigMap ${CLUSTER_CONFIG.namespace}/${CLUSTER_CONFIG.name}: its server writes it at each start, if it has the version of this program`,
    );
  };
  return {
    clusterCidr: text("clusterCidr"),
    nodeCidrMaskSize: Number(text("nodeCidrMaskSize")),
    serviceCidr: text("serviceCidr"),
    serviceNodePortRange: text("serviceNodePortRange"),
    clusterDomain: text("clusterDomain"),
  };
}

async function readConfig(client: Client, clock: Clock): Promise<Record<string, string> | undefined> {
  const deadline = clock.monotonic() + WAIT_MS;
  for (;;) {
    try {
      return (await client.get(configMaps, CLUSTER_CONFIG)).data;
    } catch (error) {
      // Neither the object nor the role that lets it be read is there in a server's first moments.
      if (!isNotFound(error) && !isForbidden(error)) throw error;
      if (clock.monotonic() >= deadline) return undefined;
    }
    await sleep(clock, POLL_MS);
  }
}
