import { type IpRange, parseCidr, parseIp, rangeHolds } from "../api/ip-address.ts";
import { dnsSubdomainErrors } from "../api/names.ts";
import { formatPortRange, parsePortRange } from "../base/port-range.ts";
import type { RangeChoice } from "./choices.ts";
import { CommandError, grouped, type Invocation } from "./command.ts";

/** Options for what a cluster decides at its first start and keeps, named as kube-apiserver's, kube-controller-manager's and the kubelet's. */
export const rangeOptions = grouped("Addresses, decided at the first start", {
  "service-cluster-ip-range": {
    type: "string",
    value: "CIDR",
    description: "addresses of Services (default 10.96.0.0/16)",
  },
  "service-node-port-range": {
    type: "string",
    value: "FROM-TO",
    description: "ports of the nodes for Services (default 30000-32767)",
  },
  "cluster-cidr": {
    type: "string",
    value: "CIDR",
    description: "addresses of pods (default: a /16 that nothing on this machine uses, mostly 10.244.0.0/16)",
  },
  "node-cidr-mask-size": {
    type: "string",
    value: "BITS",
    description: "prefix length of the part of them that each node gets (default 24)",
  },
  "cluster-domain": { type: "string", value: "NAME", description: "domain of cluster DNS (default cluster.local)" },
});

/** Upstream's limits: at most a million addresses, at least eight. */
const SERVICES = { from: 12, to: 29 };
/** The widest that /24 nodes fit into by upstream's rule; narrower than /24, clusters of a machine could not tell their overlays apart. */
const PODS = { from: 8, to: 24 };
const NODE_MASK_DEFAULT = 24;
/** Upstream's: so many nodes at most. */
const NODE_BITS_MAX = 16;
/** Below are the bridge, one pod, and the two addresses that nobody gets. */
const NODE_MASK_MAX = 30;
const CHOSEN_CLUSTER_BITS = 16;
/** Domains of Services come before it in names of 253 characters: `<63>.<63>.svc.`. */
const DOMAIN_CHARACTERS_MAX = 120;

/** What the command line says of the cluster's addresses. @throws CommandError (2) on values that cannot be */
export function rangesOf(invocation: Invocation): RangeChoice {
  const clusterCidr = blockOf(invocation, "cluster-cidr", PODS);
  return {
    serviceCidr: blockOf(invocation, "service-cluster-ip-range", SERVICES),
    serviceNodePortRange: portsOf(invocation),
    clusterCidr,
    nodeCidrMaskSize: maskSizeOf(invocation, clusterCidr),
    clusterDomain: domainOf(invocation),
  };
}

/** What was given. An empty value is that of a script whose variable is not set: it does not mean the default. @throws CommandError (2) */
function given(invocation: Invocation, name: keyof typeof rangeOptions): string | undefined {
  const value = invocation.options[name];
  if (value === "") throw new CommandError(`--${name} is empty: say which, or leave it out`, 2);
  return typeof value === "string" ? value : undefined;
}

function blockOf(invocation: Invocation, name: string, limits: { from: number; to: number }): string | undefined {
  const text = given(invocation, name);
  if (text === undefined) return undefined;
  const refuse = (why: string): CommandError => new CommandError(`--${name} ${text} ${why}`, 2);
  if (text.includes(",")) throw refuse("is more than one range, and IPv6 is not there yet: name one range of IPv4");
  const range = parseCidr(text);
  if (range?.family === 6) throw refuse("is IPv6, which is not there yet for pods and Services: name a range of IPv4");
  if (range === undefined || range.hasLeadingZeros)
    throw refuse("is not a range of IPv4 addresses such as 10.96.0.0/16");
  if (range.prefix < limits.from || range.prefix > limits.to) {
    throw refuse(`is too ${range.prefix < limits.from ? "large" : "small"}: take a /${limits.from} to /${limits.to}`);
  }
  const special = SPECIAL.find(([cidr]) => isAmong(range, cidr));
  if (special !== undefined) throw refuse(`has addresses of ${special[1]} (${special[0]}): choose others`);
  return range.canonical;
}

/** Of no use to pods and Services. */
const SPECIAL: readonly [string, string][] = [
  ["0.0.0.0/8", "nobody"],
  ["127.0.0.0/8", "each machine itself"],
  ["169.254.0.0/16", "links"],
  ["224.0.0.0/3", "groups, or reserved ones"],
];

function isAmong(range: IpRange, special: string): boolean {
  const other = parseCidr(special)!;
  const first = (of: IpRange) => parseIp(of.canonical.slice(0, of.canonical.indexOf("/")))!;
  return rangeHolds(other, first(range)) || rangeHolds(range, first(other));
}

function portsOf(invocation: Invocation): string | undefined {
  const text = given(invocation, "service-node-port-range");
  if (text === undefined) return undefined;
  const range = parsePortRange(text);
  if (range !== undefined) return formatPortRange(range);
  throw new CommandError(`--service-node-port-range is ports from 1 to 65535 such as 30000-32767, not "${text}"`, 2);
}

function maskSizeOf(invocation: Invocation, clusterCidr: string | undefined): number | undefined {
  const text = given(invocation, "node-cidr-mask-size");
  const clusterBits = clusterCidr === undefined ? CHOSEN_CLUSTER_BITS : Number(clusterCidr.split("/")[1]);
  const size = text === undefined ? NODE_MASK_DEFAULT : Number(text);
  const max = Math.min(clusterBits + NODE_BITS_MAX, NODE_MASK_MAX);
  if (/^\d{1,2}$/.test(text ?? "24") && size >= clusterBits && size <= max)
    return text === undefined ? undefined : size;
  throw new CommandError(
    `--node-cidr-mask-size is a prefix length from ${clusterBits} to ${max} for pods' addresses of a /${clusterBits}, not "${text}"`,
    2,
  );
}

function domainOf(invocation: Invocation): string | undefined {
  const text = given(invocation, "cluster-domain");
  if (text === undefined) return undefined;
  if (dnsSubdomainErrors(text).length === 0 && text.length <= DOMAIN_CHARACTERS_MAX) return text;
  throw new CommandError(
    `--cluster-domain is a name such as cluster.local, in lower case, of at most ${DOMAIN_CHARACTERS_MAX} characters, not "${text}"`,
    2,
  );
}
