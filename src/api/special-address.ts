import { BlockList } from "node:net";
import { parseIp } from "./ip-address.ts";

const LOOPBACK = "may not be in the loopback range (127.0.0.0/8, ::1/128)";
const LINK_LOCAL = "may not be in the link-local range (169.254.0.0/16, fe80::/10)";
const MULTICAST = "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)";

type Range = readonly [network: string, prefix: number];

const special = [
  [LOOPBACK, listOf(["127.0.0.0", 8], ["::1", 128])],
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
 * What is wrong with an address at which something shall be reached (validation.ValidateEndpointIP).
 *
 * @param options.allowsLoopback where the whole cluster is one process, API servers and webhooks stand there (decision 0032)
 */
export function endpointIpErrors(text: string, options: { allowsLoopback?: boolean } = {}): string[] {
  const address = parseIp(text);
  if (address === undefined) return ["must be a valid IP address"];
  const { canonical, family } = address;
  if (canonical === "0.0.0.0" || canonical === "::") return [`may not be unspecified (${text})`];
  return special.flatMap(([message, list]) =>
    list.check(canonical, family === 4 ? "ipv4" : "ipv6") && !(options.allowsLoopback && message === LOOPBACK)
      ? [message]
      : [],
  );
}
