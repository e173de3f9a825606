import { BlockList, isIP } from "node:net";

const LINK_LOCAL = "may not be in the link-local range (169.254.0.0/16, fe80::/10)";
const MULTICAST = "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)";

type Range = readonly [network: string, prefix: number];

const special = [
  [LINK_LOCAL, listOf(["169.254.0.0", 16], ["fe80::", 10])],
  [MULTICAST, listOf(["224.0.0.0", 24], ["ff02::", 16])],
] as const;

function listOf(v4: Range, v6: Range): BlockList {
  const list = new BlockList();
  list.addSubnet(...v4, "ipv4");
  list.addSubnet(...v6, "ipv6");
  return list;
}

/**
 * What is wrong with an address at which something shall be reached (validation.ValidateEndpointIP). The loopback is allowed:
 * where the whole cluster is one process, API servers and webhooks stand there (decision 0032).
 */
export function specialAddressErrors(address: string): string[] {
  if (address === "0.0.0.0" || address === "::") return ["may not be unspecified (0.0.0.0 or ::)"];
  const family = isIP(address) === 4 ? "ipv4" : "ipv6";
  return special.flatMap(([message, list]) => (list.check(address, family) ? [message] : []));
}
