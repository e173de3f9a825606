import { createHash } from "node:crypto";
import { chooseTargets, type Target, type Targets } from "./endpoints.ts";
import {
  CLUSTER_IPS,
  CLUSTER_SERVICES,
  EXTERNAL_SERVICES,
  HAIRPINS,
  MARK_FOR_MASQUERADE,
  NODE_PORTS,
  REJECT,
  UNSERVED_NODE_PORTS,
  UNSERVED_SERVICES,
} from "./frame.ts";
import type { HostPortPod, NodeFacts, ServiceFacts, ServicePortFacts, SliceFacts } from "./model.ts";
import type { Chain, Element, Fragment, SetDeclaration } from "./ruleset.ts";

const POD_PATH_CHARACTERS = 180;

interface Draft {
  readonly chains: [string, Chain][];
  readonly sets: [string, SetDeclaration][];
  readonly elements: Element[];
}

interface PortPlan {
  readonly service: ServiceFacts;
  readonly port: ServicePortFacts;
  readonly targets: Targets;
  readonly node: NodeFacts;
  /** `default/web/tcp/80`: what the chains of this port are called after. */
  readonly path: string;
}

/** Rules of one service on this node. Pure. */
export function planService(
  service: ServiceFacts,
  context: { slices: readonly SliceFacts[]; node: NodeFacts },
): Fragment {
  const draft: Draft = { chains: [], sets: [], elements: [] };
  for (const address of service.clusterIPs) draft.elements.push({ set: CLUSTER_IPS, key: address, value: "" });
  for (const port of service.ports) {
    const targets = chooseTargets(service, port, context);
    const path = `${service.key}/${port.protocol}/${port.port}`;
    planPort(draft, { service, port, targets, node: context.node, path });
  }
  return draft;
}

/** Rules for the host ports of one pod of this node. Pure. */
export function planHostPorts(pod: HostPortPod): Fragment {
  const draft: Draft = { chains: [], sets: [], elements: [] };
  for (const port of pod.ports) {
    const hostIP = port.hostIP === "" ? "" : `/${port.hostIP}`;
    const chain = `host-port/${pathOfPod(pod.key)}/${port.protocol}/${port.hostPort}${hostIP}`;
    const source = `{ 127.0.0.0/8, ${pod.podIP} }`;
    const rules = [`ip saddr ${source} ${MARK_FOR_MASQUERADE}`, dnat(port.protocol, pod.podIP, port.containerPort)];
    draft.chains.push([chain, { rules }]);
    const value = `goto ${chain}`;
    if (port.hostIP === "") draft.elements.push({ set: NODE_PORTS, key: `${port.protocol} . ${port.hostPort}`, value });
    else
      draft.elements.push({
        set: EXTERNAL_SERVICES,
        key: addressKey(port.hostIP, port.protocol, port.hostPort),
        value,
      });
  }
  return draft;
}

/** Names of chains have at most 255 characters, names of pods alone up to 253. */
function pathOfPod(key: string): string {
  return key.length <= POD_PATH_CHARACTERS ? key : createHash("sha256").update(key).digest("hex");
}

function planPort(draft: Draft, plan: PortPlan): void {
  const { service, port, targets } = plan;
  const internal = service.internalLocal ? targets.local : targets.cluster;
  const externalIPs = [...service.externalIPs, ...service.loadBalancerIPs];
  const isExternal = externalIPs.length > 0 || port.nodePort !== undefined;

  if (internal.length > 0) {
    const rules = [`ip saddr != ${plan.node.podCidr} ${MARK_FOR_MASQUERADE}`];
    addClusterTraffic(draft, plan, rules, internal);
    draft.chains.push([`service/${plan.path}`, { rules }]);
  }
  const internalVerdict = internal.length > 0 ? `goto service/${plan.path}` : unserved(targets);
  for (const address of service.clusterIPs) {
    const set = internal.length > 0 ? CLUSTER_SERVICES : UNSERVED_SERVICES;
    draft.elements.push({ set, key: addressKey(address, port.protocol, port.port), value: internalVerdict });
  }
  if (isExternal) planExternal(draft, plan);
  for (const target of targets.cluster) {
    if (target.local) draft.elements.push({ set: HAIRPINS, key: `${target.address} . ${target.address}`, value: "" });
  }
}

function planExternal(draft: Draft, plan: PortPlan): void {
  const { service, port, targets, path } = plan;
  const served = targets.cluster.length > 0;
  const verdict = served ? `goto external/${path}` : unserved(targets);
  if (served) draft.chains.push([`external/${path}`, { rules: externalRules(draft, plan) }]);
  const byAddress = served ? EXTERNAL_SERVICES : UNSERVED_SERVICES;
  for (const address of service.externalIPs) {
    draft.elements.push({ set: byAddress, key: addressKey(address, port.protocol, port.port), value: verdict });
  }
  if (port.nodePort !== undefined) {
    const set = served ? NODE_PORTS : UNSERVED_NODE_PORTS;
    draft.elements.push({ set, key: `${port.protocol} . ${port.nodePort}`, value: verdict });
  }
  const ranges = service.sourceRanges;
  const restricted = served && ranges !== undefined && service.loadBalancerIPs.length > 0;
  if (restricted) {
    const admitted = `ip saddr { ${mergedRanges(ranges)} } goto external/${path}`;
    draft.chains.push([`firewall/${path}`, { rules: ranges.length === 0 ? ["drop"] : [admitted, "drop"] }]);
  }
  const balanced = restricted ? `goto firewall/${path}` : verdict;
  for (const address of service.loadBalancerIPs) {
    draft.elements.push({ set: byAddress, key: addressKey(address, port.protocol, port.port), value: balanced });
  }
}

/** Traffic from outside. With policy Local it keeps its source and stays on this node; pods and the node itself may go anywhere. */
function externalRules(draft: Draft, plan: PortPlan): string[] {
  const { service, targets, node, path } = plan;
  if (!service.externalLocal) {
    const rules = [MARK_FOR_MASQUERADE];
    addClusterTraffic(draft, plan, rules, targets.cluster);
    return rules;
  }
  const anywhere: string[] = [];
  addClusterTraffic(draft, plan, anywhere, targets.cluster);
  draft.chains.push([`anywhere/${path}`, { rules: anywhere }]);
  const rules = [
    `ip saddr ${node.podCidr} goto anywhere/${path}`,
    `fib saddr type local ${MARK_FOR_MASQUERADE}`,
    `fib saddr type local goto anywhere/${path}`,
  ];
  if (targets.local.length === 0) return [...rules, "drop"];
  addClusterTraffic(draft, plan, rules, targets.local);
  return rules;
}

function addClusterTraffic(draft: Draft, plan: PortPlan, rules: string[], targets: readonly Target[]): void {
  const { protocol } = plan.port;
  const seconds = plan.service.affinitySeconds;
  if (seconds === undefined) {
    rules.push(balance(protocol, targets));
    return;
  }
  const known = new Set(draft.chains.map(([name]) => name));
  const chains = targets.map((target) => `endpoint/${plan.path}/${target.address}/${target.port}`);
  for (const [index, target] of targets.entries()) {
    const chain = chains[index] as string;
    const set = `affinity/${seconds}/${plan.path}/${target.address}/${target.port}`;
    rules.push(`ip saddr @${set} goto ${chain}`);
    if (known.has(chain)) continue;
    draft.sets.push([set, { kind: "set", body: affinityBody(seconds) }]);
    const remember = `update @${set} { ip saddr }`;
    draft.chains.push([chain, { rules: [remember, dnat(protocol, target.address, target.port)] }]);
  }
  const choices = chains.map((chain, index) => `${index} : goto ${chain}`);
  rules.push(`numgen random mod ${chains.length} vmap { ${choices.join(", ")} }`);
}

function affinityBody(seconds: number): string {
  return `{ type ipv4_addr ; flags dynamic,timeout ; timeout ${seconds}s ; }`;
}

function balance(protocol: string, targets: readonly Target[]): string {
  const [first] = targets;
  if (first !== undefined && targets.length === 1) return dnat(protocol, first.address, first.port);
  const choices = targets.map((target, index) => `${index} : ${target.address} . ${target.port}`);
  return `meta l4proto ${protocol} dnat ip to numgen random mod ${targets.length} map { ${choices.join(", ")} }`;
}

function dnat(protocol: string, address: string, port: number): string {
  return `meta l4proto ${protocol} dnat to ${address}:${port}`;
}

/** Without any endpoint a client learns so at once; where only this node has none, another way may exist: silence. */
function unserved(targets: Targets): string {
  return targets.any ? "drop" : REJECT;
}

function addressKey(address: string, protocol: string, port: number): string {
  return `${address} . ${protocol} . ${port}`;
}

/** nft refuses overlapping intervals in one set: a range inside another one is left out. */
function mergedRanges(ranges: readonly string[]): string {
  const parsed = ranges.map((range) => {
    const [address = "", prefix = "32"] = range.split("/");
    const bits = Number(prefix);
    const size = 2 ** (32 - bits);
    const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
    return { start: Math.floor(number / size) * size, size, bits };
  });
  parsed.sort((a, b) => a.bits - b.bits || a.start - b.start);
  const kept: typeof parsed = [];
  for (const range of parsed) {
    const covered = kept.some((other) => range.start >= other.start && range.start < other.start + other.size);
    if (!covered) kept.push(range);
  }
  const text = (value: number): string => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
  return kept.map((range) => `${text(range.start)}/${range.bits}`).join(", ");
}
