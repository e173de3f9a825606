import type { ConfigMap, Namespace } from "../../api/generated/core/v1.ts";
import type { PriorityClass } from "../../api/generated/scheduling.k8s.io/v1.ts";
import { completeRequestHeader, type RequestHeader } from "../../api/request-header.ts";

/** The namespaces of every cluster. */
export const systemNamespaces: readonly Namespace[] = ["default", "kube-system", "kube-public", "kube-node-lease"].map(
  (name) => ({ metadata: { name } }),
);

/** The two priorities above all that users may choose. */
export const systemPriorityClasses: readonly PriorityClass[] = [
  {
    metadata: { name: "system-node-critical" },
    value: 2_000_001_000,
    description: "Used for system critical pods that must not be moved from their current node.",
  },
  {
    metadata: { name: "system-cluster-critical" },
    value: 2_000_000_000,
    description:
      "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  },
];

/** Since when uses of tokens from Secrets are noted: what was not used since then is unused only after a while. */
export function legacyTokenTracking(today: string): ConfigMap {
  return {
    metadata: { name: "kube-apiserver-legacy-service-account-token-tracking", namespace: "kube-system" },
    data: { since: today },
  };
}

/** Where machines that join read which addresses the cluster has. */
export const CLUSTER_CONFIG = { namespace: "kube-public", name: "wherry-cluster" };

/** @param data what is told, by the names of the server's options */
export function clusterConfig(data: Readonly<Record<string, string>>): ConfigMap {
  return { metadata: { ...CLUSTER_CONFIG }, data };
}

/** What extension API servers need to trust the API server's word about who calls. PEM of the authorities. */
export function extensionAuthentication(
  authorities: { cluster: string; frontProxy: string },
  requestHeader: RequestHeader = completeRequestHeader(),
): ConfigMap {
  return {
    metadata: { name: "extension-apiserver-authentication", namespace: "kube-system" },
    data: {
      "client-ca-file": authorities.cluster,
      "requestheader-allowed-names": JSON.stringify(requestHeader.allowedNames),
      "requestheader-client-ca-file": authorities.frontProxy,
      "requestheader-extra-headers-prefix": JSON.stringify(requestHeader.extraHeaderPrefixes),
      "requestheader-group-headers": JSON.stringify(requestHeader.groupHeaders),
      "requestheader-uid-headers": JSON.stringify(requestHeader.uidHeaders),
      "requestheader-username-headers": JSON.stringify(requestHeader.usernameHeaders),
    },
  };
}
