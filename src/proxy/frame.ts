import type { Fragment } from "./ruleset.ts";

/** Names of the maps and sets that services' fragments put elements into. */
export const CLUSTER_SERVICES = "cluster-services";
export const EXTERNAL_SERVICES = "external-services";
export const NODE_PORTS = "node-ports";
export const UNSERVED_SERVICES = "unserved-services";
export const UNSERVED_NODE_PORTS = "unserved-node-ports";
export const CLUSTER_IPS = "cluster-ips";
export const HAIRPINS = "hairpins";
export const REJECT = "goto reject-traffic";

/** The rule that makes a connection leave with an address of this node. Upstream's mark: others leave it alone. */
export const MARK_FOR_MASQUERADE = "meta mark set meta mark | 0x4000";

const ADDRESS_LOOKUP = "ip daddr . meta l4proto . th dport vmap";
const PORT_LOOKUP = "meta l4proto . th dport vmap";

export interface FrameOptions {
  /** Addresses of all pods of the cluster, e.g. `10.244.0.0/16`: traffic between them keeps its source. */
  readonly clusterCidr: string;
  /** Addresses of the pods of this node: what they send out of the cluster leaves with the node's address. */
  readonly podCidr: string;
  /** The bridge of this cluster's pods. */
  readonly podInterface: string;
  /** Pattern of the bridges of all clusters on this machine, e.g. `wherry-*`: others' pods have their own cluster IPs. */
  readonly podInterfaces: string;
  /** Whether traffic between two pods of the bridge passes the rules (bridge-nf-call-iptables). */
  readonly bridgedTrafficIsSeen: boolean;
}

/** What the table always holds: hooks into the kernel, lookups, masquerading. */
export function frameFragment(options: FrameOptions): Fragment {
  const byAddress = { kind: "map", body: "{ type ipv4_addr . inet_proto . inet_service : verdict ; }" } as const;
  const byPort = { kind: "map", body: "{ type inet_proto . inet_service : verdict ; }" } as const;
  return {
    sets: [
      [CLUSTER_SERVICES, byAddress],
      [EXTERNAL_SERVICES, byAddress],
      [NODE_PORTS, byPort],
      [UNSERVED_SERVICES, byAddress],
      [UNSERVED_NODE_PORTS, byPort],
      [CLUSTER_IPS, { kind: "set", body: "{ type ipv4_addr ; }" }],
      [HAIRPINS, { kind: "set", body: "{ type ipv4_addr . ipv4_addr ; }" }],
    ],
    chains: [
      ["reject-traffic", { rules: ["reject"] }],
      [
        "external",
        { rules: [`${ADDRESS_LOOKUP} @${EXTERNAL_SERVICES}`, `fib daddr type local ${PORT_LOOKUP} @${NODE_PORTS}`] },
      ],
      ["services", { rules: [`${ADDRESS_LOOKUP} @${CLUSTER_SERVICES}`, "goto external"] }],
      [
        "prerouting",
        {
          hook: "type nat hook prerouting priority dstnat ;",
          rules: [
            `iifname "${options.podInterfaces}" iifname != "${options.podInterface}" goto external`,
            "goto services",
          ],
        },
      ],
      ["output", { hook: "type nat hook output priority -100 ;", rules: ["goto services"] }],
      ["postrouting", { hook: "type nat hook postrouting priority srcnat ;", rules: postrouting(options) }],
      ...filterChains(),
    ],
    elements: [],
  };
}

function postrouting(options: FrameOptions): string[] {
  const { podCidr, clusterCidr } = options;
  const rules = [
    // The mark ends here: packets of an overlay inherit it, and would be rewritten a second time.
    "meta mark & 0x4000 == 0x4000 meta mark set meta mark & 0xffffbfff masquerade fully-random",
    `ct status & dnat == dnat ip saddr . ip daddr @${HAIRPINS} masquerade fully-random`,
    `ip saddr ${podCidr} ip daddr != ${clusterCidr} ip daddr != 224.0.0.0/4 oifname != "${options.podInterface}" masquerade fully-random`,
  ];
  if (options.bridgedTrafficIsSeen) return rules;
  // Answers between two pods of the bridge would not pass here, so both ends must talk to the node instead.
  return [...rules, `ct status & dnat == dnat ip saddr ${podCidr} ip daddr ${podCidr} masquerade fully-random`];
}

function filterChains(): Fragment["chains"] {
  const unserved = `ct state new ${ADDRESS_LOOKUP} @${UNSERVED_SERVICES}`;
  const noSuchPort = `ct state new ip daddr @${CLUSTER_IPS} reject`;
  return [
    [
      "filter-input",
      {
        hook: "type filter hook input priority 0 ;",
        rules: [
          // Node ports on 127.0.0.1 need route_localnet, which alone would open the host's loopback services to neighbours.
          'ip daddr 127.0.0.0/8 iifname != "lo" ct state != { established, related } drop',
          unserved,
          `ct state new fib daddr type local ${PORT_LOOKUP} @${UNSERVED_NODE_PORTS}`,
        ],
      },
    ],
    ["filter-forward", { hook: "type filter hook forward priority 0 ;", rules: [unserved, noSuchPort] }],
    ["filter-output", { hook: "type filter hook output priority 0 ;", rules: [unserved, noSuchPort] }],
  ];
}
