import type { Pod } from "../../api/generated/core/v1.ts";
import type { DnsConfig } from "../cri/config.ts";
import { isHostNetwork } from "./pod.ts";

export interface DnsFacts {
  /** What the node itself uses. */
  readonly host: DnsConfig;
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
}

const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;

/** What goes into the pod's resolv.conf, by its dnsPolicy and dnsConfig. */
export function podDnsConfig(pod: Pod, facts: DnsFacts): DnsConfig {
  const base = baseConfig(pod, facts);
  const { nameservers = [], searches = [], options = [] } = pod.spec?.dnsConfig ?? {};
  return limited({
    servers: unique([...base.servers, ...nameservers]),
    searches: unique([...base.searches, ...searches]),
    options: mergeOptions(
      base.options,
      options.map(({ name = "", value }) => (value === undefined ? name : `${name}:${value}`)),
    ),
  });
}

function baseConfig(pod: Pod, { host, clusterDns, clusterDomain }: DnsFacts): DnsConfig {
  switch (effectivePolicy(pod, clusterDns)) {
    case "None":
      return { servers: [], searches: [], options: [] };
    case "Default":
      return host;
    default: {
      const namespace = pod.metadata?.namespace ?? "";
      const searches =
        clusterDomain === "" ? [] : [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
      return { servers: clusterDns, searches: unique([...searches, ...host.searches]), options: ["ndots:5"] };
    }
  }
}

/** Pods in the host's network use the node's resolver unless they ask for the cluster's; so do all when there is none. */
function effectivePolicy(pod: Pod, clusterDns: readonly string[]): "None" | "Default" | "Cluster" {
  const policy = pod.spec?.dnsPolicy ?? "ClusterFirst";
  if (policy === "None" || policy === "Default") return policy;
  if (policy === "ClusterFirst" && isHostNetwork(pod)) return "Default";
  return clusterDns.length === 0 ? "Default" : "Cluster";
}

/** The libraries of containers read no more than this (upstream drops the rest, too). */
function limited({ servers, searches, options }: DnsConfig): DnsConfig {
  const kept: string[] = [];
  let characters = 0;
  for (const search of searches.slice(0, MAX_SEARCHES)) {
    characters += search.length + 1;
    if (characters > MAX_SEARCH_CHARACTERS) break;
    kept.push(search);
  }
  return { servers: servers.slice(0, MAX_NAMESERVERS), searches: kept, options };
}

/** A later option replaces an earlier one of the same name, in its place. */
function mergeOptions(base: readonly string[], more: readonly string[]): string[] {
  const byName = new Map<string, string>();
  for (const option of [...base, ...more]) byName.set(option.split(":")[0]!, option);
  return [...byName.values()];
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/** The resolver's part of a resolv.conf. */
export function parseResolvConf(text: string): DnsConfig {
  const servers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const line of text.split("\n")) {
    const [keyword = "", ...values] = line
      .replace(/[#;].*$/, "")
      .trim()
      .split(/\s+/);
    if (keyword === "nameserver" && values[0] !== undefined) servers.push(values[0]);
    else if (keyword === "search" || keyword === "domain")
      searches = values.map((name) => (name === "." ? name : name.replace(/\.$/, "")));
    else if (keyword === "options") options = values;
  }
  return { servers, searches: searches.filter((name) => name !== ""), options };
}
