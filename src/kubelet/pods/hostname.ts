import type { Pod } from "../../api/generated/core/v1.ts";
import { identityOf, isHostNetwork } from "./pod.ts";

const MAX_HOSTNAME_CHARACTERS = 63;

export interface PodHostname {
  readonly hostname: string;
  /** Empty without a subdomain. */
  readonly domain: string;
}

/** The pod's host name and its domain: spec.hostname or the pod's name, at most 63 characters. */
function podHostname(pod: Pod, clusterDomain: string): PodHostname {
  const { name, namespace } = identityOf(pod);
  const { hostname, subdomain, hostnameOverride } = pod.spec ?? {};
  if (hostnameOverride) return { hostname: hostnameOverride, domain: "" };
  const full = hostname || name;
  const short =
    full.length > MAX_HOSTNAME_CHARACTERS ? full.slice(0, MAX_HOSTNAME_CHARACTERS).replace(/[-.]+$/, "") : full;
  const domain = subdomain ? `${subdomain}.${namespace}.svc.${clusterDomain}` : "";
  return { hostname: short, domain };
}

/** What the kernel of the sandbox is told; nothing in the host's network, whose name it has anyway. */
export function sandboxHostname(pod: Pod, clusterDomain: string): string {
  if (isHostNetwork(pod)) return "";
  const { hostname, domain } = podHostname(pod, clusterDomain);
  return pod.spec?.setHostnameAsFQDN === true && domain !== "" ? `${hostname}.${domain}` : hostname;
}

/** The pod's /etc/hosts. Pods in the host's network get `hostFile`, the node's own, with their aliases added. */
export function etcHosts(
  pod: Pod,
  facts: { podIps: readonly string[]; clusterDomain: string; hostFile: string },
): string {
  const aliases = (pod.spec?.hostAliases ?? []).map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join("\t")}\n`);
  const added = aliases.length === 0 ? "" : `\n# Entries added by HostAliases.\n${aliases.join("")}`;
  if (isHostNetwork(pod)) {
    return `# Kubernetes-managed hosts file (host network).\n${facts.hostFile}${added}`;
  }
  const { hostname, domain } = podHostname(pod, facts.clusterDomain);
  const names = domain === "" ? hostname : `${hostname}.${domain}\t${hostname}`;
  const own = facts.podIps.map((ip) => `${ip}\t${names}\n`);
  return `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
${own.join("")}${added}`;
}
