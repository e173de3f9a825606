import type { RangeChoice } from "../cli/choices.ts";
import { addressAt, formatCidr, parseCidr, subnet } from "../network/cidr.ts";

/** Addresses, ports and the domain that all machines of a cluster agree on, from its first start on. */
export interface ClusterRanges {
  /** Addresses of all pods, and the prefix length of each node's part of them. */
  readonly clusterCidr: string;
  readonly nodeCidrMaskSize: number;
  /** Addresses of Services. */
  readonly serviceCidr: string;
  /** Ports of nodes for Services, `30000-32767`. */
  readonly serviceNodePortRange: string;
  /** Domain of the names that cluster DNS answers for. */
  readonly clusterDomain: string;
}

/** What holds where nobody says anything. Pods' addresses have no default: they are those that the machine has left. */
export const DEFAULT_RANGES: Omit<ClusterRanges, "clusterCidr"> = {
  nodeCidrMaskSize: 24,
  serviceCidr: "10.96.0.0/16",
  serviceNodePortRange: "30000-32767",
  clusterDomain: "cluster.local",
};

/** By which option each of them is chosen, also the key that tells it to machines that join. */
export const RANGE_OPTIONS: Readonly<Record<keyof ClusterRanges, string>> = {
  serviceCidr: "service-cluster-ip-range",
  serviceNodePortRange: "service-node-port-range",
  clusterCidr: "cluster-cidr",
  nodeCidrMaskSize: "node-cidr-mask-size",
  clusterDomain: "cluster-domain",
};

/** The ranges alone, with defaults for what a cluster that is older than the option does not say. */
export function completeRanges(said: RangeChoice & Pick<ClusterRanges, "clusterCidr">): ClusterRanges {
  return {
    clusterCidr: said.clusterCidr,
    nodeCidrMaskSize: said.nodeCidrMaskSize ?? DEFAULT_RANGES.nodeCidrMaskSize,
    serviceCidr: said.serviceCidr ?? DEFAULT_RANGES.serviceCidr,
    serviceNodePortRange: said.serviceNodePortRange ?? DEFAULT_RANGES.serviceNodePortRange,
    clusterDomain: said.clusterDomain ?? DEFAULT_RANGES.clusterDomain,
  };
}

/** First address of the Services: the API server's own, in every Kubernetes. */
export function kubernetesServiceAddress({ serviceCidr }: Pick<ClusterRanges, "serviceCidr">): string {
  return addressAt(parseCidr(serviceCidr), 1);
}

const DNS_OFFSET = 10;

/** Tenth address of the Services: cluster DNS, as everywhere. A range that has no tenth gives its last. */
export function dnsServiceAddress({ serviceCidr }: Pick<ClusterRanges, "serviceCidr">): string {
  const range = parseCidr(serviceCidr);
  const last = 2 ** (32 - range.bits) - 2;
  return addressAt(range, Math.min(DNS_OFFSET, last));
}

/** Addresses of the pods of the first node: the one that runs in the server's own process. */
export function nodePodCidr({ clusterCidr, nodeCidrMaskSize }: ClusterRanges): string {
  return formatCidr(subnet(parseCidr(clusterCidr), nodeCidrMaskSize, 0));
}
