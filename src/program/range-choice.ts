import type { RangeChoice } from "../cli/choices.ts";
import { CommandError } from "../cli/command.ts";
import { machineAddressIn } from "../network/choose.ts";
import { overlaps, parseCidr } from "../network/cidr.ts";
import { type ClusterRanges, DEFAULT_RANGES, RANGE_OPTIONS } from "./cluster-ranges.ts";

/**
 * What stands is not changed by an option: objects, certificates and running pods hold it.
 * @param where it is written down
 * @throws CommandError (2) when the command line says something else
 */
export function requireSameRanges(chosen: RangeChoice, standing: ClusterRanges, where: string): void {
  for (const [name, option] of Object.entries(RANGE_OPTIONS) as [keyof ClusterRanges, string][]) {
    const wanted = chosen[name];
    if (wanted === undefined || wanted === standing[name]) continue;
    const more = name === "serviceCidr" ? " More addresses for Services come from a ServiceCIDR object." : "";
    throw new CommandError(
      `--${option} is ${wanted}, but this cluster has ${standing[name]} since its first start (${where}): leave the option out, or begin another cluster with another --data-dir.${more}`,
      2,
    );
  }
}

/** Before anything is decided. @throws CommandError (2) when the choice contradicts itself */
export function requireSeparate(chosen: RangeChoice): void {
  const { clusterCidr } = chosen;
  const serviceCidr = chosen.serviceCidr ?? DEFAULT_RANGES.serviceCidr;
  if (clusterCidr === undefined || !overlaps(parseCidr(clusterCidr), parseCidr(serviceCidr))) return;
  throw new CommandError(
    `pods (--cluster-cidr ${clusterCidr}) and Services (--service-cluster-ip-range ${serviceCidr}) would have the same addresses: choose ranges that do not overlap`,
    2,
  );
}

/** @throws CommandError when an address of this machine is among those that the cluster gives to pods or Services */
export function requireMachineOutside({ clusterCidr, serviceCidr }: ClusterRanges): void {
  for (const [whose, cidr] of [
    ["pods", clusterCidr],
    ["Services", serviceCidr],
  ] as const) {
    const own = machineAddressIn(cidr);
    if (own === undefined) continue;
    throw new CommandError(
      `this machine is ${own}, which is among the addresses of the cluster's ${whose}, ${cidr}: give the machine another address, or begin a cluster with another --${RANGE_OPTIONS[whose === "pods" ? "clusterCidr" : "serviceCidr"]}`,
    );
  }
}

/** Where simulated nodes get their pods' addresses from. */
export const SIMULATED_PODS = "100.64.0.0/10";

/** @throws CommandError (2) when pods of simulated nodes would have addresses of the cluster's own pods or Services */
export function requireApartFromSimulated({ clusterCidr, serviceCidr }: ClusterRanges): void {
  const taken = [clusterCidr, serviceCidr].find((cidr) => overlaps(parseCidr(cidr), parseCidr(SIMULATED_PODS)));
  if (taken === undefined) return;
  throw new CommandError(
    `--simulated-nodes: pods of simulated nodes have addresses of ${SIMULATED_PODS}, and this cluster has ${taken}: leave one of them out`,
    2,
  );
}
