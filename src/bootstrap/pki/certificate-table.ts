import type { Subject } from "./issue-certificate.ts";

/** One leaf certificate of the cluster, as data. */
export interface LeafDefinition {
  /** File name without its ending, as kubeadm calls it where kubeadm has the file. */
  readonly file: string;
  readonly authority: "ca" | "front-proxy-ca";
  readonly usage: "client" | "server";
  readonly subject: Subject;
  readonly names?: readonly string[];
  readonly addresses?: readonly string[];
  /** Shown to who may know the authority's predecessor only, while authorities are exchanged. */
  readonly isShownToOthers?: true;
}

export type LeafName =
  | "apiServer"
  | "apiServerKubeletClient"
  | "frontProxyClient"
  | "admin"
  | "superAdmin"
  | "controllerManager"
  | "scheduler"
  | "kubeProxy"
  | "kubeletClient"
  | "kubeletServing";

export interface LeafInput {
  /** Name of this machine's Node object. */
  readonly nodeName: string;
  /** Names and addresses of this machine, beyond the well-known ones. */
  readonly names: readonly string[];
  readonly addresses: readonly string[];
  /** First address of the service range: 10.96.0.1. */
  readonly serviceAddress: string;
  /** `cluster.local`. */
  readonly clusterDomain: string;
}

/** Every leaf certificate that a control plane with one node needs. Identities are those of upstream and kubeadm. */
export function leafDefinitions(input: LeafInput): Record<LeafName, LeafDefinition> {
  const node: Subject = { commonName: `system:node:${input.nodeName}`, organizations: ["system:nodes"] };
  const hostNames = unique(["localhost", input.nodeName, ...input.names]);
  const hostAddresses = unique(["127.0.0.1", "::1", ...input.addresses]);
  return {
    apiServer: {
      file: "apiserver",
      authority: "ca",
      usage: "server",
      subject: { commonName: "kube-apiserver" },
      names: unique([...serviceNames(input.clusterDomain), ...hostNames]),
      addresses: unique([input.serviceAddress, ...hostAddresses]),
      isShownToOthers: true,
    },
    apiServerKubeletClient: {
      ...client("apiserver-kubelet-client", "kube-apiserver-kubelet-client", [CLUSTER_ADMINS]),
      isShownToOthers: true,
    },
    frontProxyClient: {
      ...client("front-proxy-client", "front-proxy-client"),
      authority: "front-proxy-ca",
      isShownToOthers: true,
    },
    admin: client("admin", "kubernetes-admin", [CLUSTER_ADMINS]),
    superAdmin: client("super-admin", "kubernetes-super-admin", ["system:masters"]),
    controllerManager: client("controller-manager", "system:kube-controller-manager"),
    scheduler: client("scheduler", "system:kube-scheduler"),
    kubeProxy: client("kube-proxy", "system:kube-proxy"),
    kubeletClient: { file: "kubelet-client", authority: "ca", usage: "client", subject: node },
    kubeletServing: {
      file: "kubelet",
      authority: "ca",
      usage: "server",
      subject: node,
      names: hostNames,
      addresses: hostAddresses,
    },
  };
}

/** Bound to cluster-admin by RBAC, so that (unlike system:masters) it can be taken away again. */
const CLUSTER_ADMINS = "kubeadm:cluster-admins";

function client(file: string, commonName: string, organizations: readonly string[] = []): LeafDefinition {
  return { file, authority: "ca", usage: "client", subject: { commonName, organizations } };
}

/** By which pods and the cluster's own clients know the API server. */
export function serviceNames(clusterDomain: string): string[] {
  const service = "kubernetes";
  return [service, `${service}.default`, `${service}.default.svc`, `${service}.default.svc.${clusterDomain}`];
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values.filter((value) => value !== ""))];
}
