import type { Pod } from "../../api/generated/core/v1.ts";
import type { PodSandboxConfig, PortMapping } from "../cri/config.ts";
import { podLabels } from "../labels.ts";
import { type DnsFacts, podDnsConfig } from "./dns.ts";
import { sandboxHostname } from "./hostname.ts";
import { type KubeletPaths, podLogDirectory } from "./paths.ts";
import { identityOf, isHostNetwork, podContainers } from "./pod.ts";
import { sandboxResources } from "./resources.ts";
import { sandboxSecurityContext } from "./security.ts";

export interface SandboxFacts extends DnsFacts {
  readonly paths: KubeletPaths;
  readonly attempt: number;
  readonly cgroupParent: string;
  /** Labels of everything that this cluster's kubelet makes. */
  readonly ownLabels: Readonly<Record<string, string>>;
}

/** What the runtime is told about a pod. */
export function sandboxConfig(pod: Pod, facts: SandboxFacts): PodSandboxConfig {
  const identity = identityOf(pod);
  const sysctls = pod.spec?.securityContext?.sysctls ?? [];
  return {
    metadata: { uid: identity.uid, namespace: identity.namespace, name: identity.name, attempt: facts.attempt },
    hostname: sandboxHostname(pod, facts.clusterDomain),
    logDirectory: podLogDirectory(facts.paths, identity),
    dnsConfig: podDnsConfig(pod, facts),
    portMappings: isHostNetwork(pod) ? [] : portMappings(pod),
    labels: { ...pod.metadata?.labels, ...podLabels(identity), ...facts.ownLabels },
    annotations: { ...pod.metadata?.annotations },
    linux: {
      cgroupParent: facts.cgroupParent,
      securityContext: sandboxSecurityContext(pod),
      ...sandboxResources(pod),
      sysctls: Object.fromEntries(sysctls.map(({ name, value }) => [name, value])),
    },
  };
}

function portMappings(pod: Pod): PortMapping[] {
  return podContainers(pod).flatMap(({ container }) =>
    (container.ports ?? [])
      .filter(({ hostPort = 0 }) => hostPort > 0)
      .map(({ protocol = "TCP", containerPort, hostPort = 0, hostIP = "" }) => ({
        protocol: protocol as PortMapping["protocol"],
        containerPort,
        hostPort,
        hostIp: hostIP,
      })),
  );
}
