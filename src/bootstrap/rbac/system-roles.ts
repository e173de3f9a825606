import type { ClusterRole } from "../../api/generated/rbac.authorization.k8s.io/v1.ts";
import { nodeRules } from "../../api/rbac-node-rules.ts";
import { EVENTS, rules } from "./rule-text.ts";

const approver = (name: string, signer: string): ClusterRole => ({
  metadata: { name: `system:certificates.k8s.io:${name}-approver` },
  rules: rules(`approve certificates.k8s.io signers kubernetes.io/${signer}`),
});

const role = (name: string, ...lines: string[]): ClusterRole => ({ metadata: { name }, rules: rules(...lines) });

/** Roles that tell who one is and whether the server is well. */
const everybody: ClusterRole[] = [
  role(
    "system:discovery",
    "get /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/",
  ),
  role(
    "system:monitoring",
    "get /healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*",
    "get core nodes/metrics",
    "get /flagz",
    "get /statusz",
  ),
  role(
    "system:basic-user",
    "create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews",
    "create authentication.k8s.io selfsubjectreviews",
  ),
  role("system:public-info-viewer", "get /healthz,/livez,/readyz,/version,/version/"),
  role(
    "system:service-account-issuer-discovery",
    "get /.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/",
  ),
];

const nodes: ClusterRole[] = [
  { metadata: { name: "system:node" }, rules: [...nodeRules] },
  role("system:node-problem-detector", "get core nodes", "patch core nodes/status", EVENTS),
  role("system:node-bootstrapper", "create,get,list,watch certificates.k8s.io certificatesigningrequests"),
  role(
    "system:kubelet-api-admin",
    "read core nodes",
    "proxy core nodes",
    "* core nodes/log,nodes/metrics,nodes/proxy,nodes/stats",
    "* core nodes/configz,nodes/healthz,nodes/pods",
  ),
  role(
    "system:node-proxier",
    "list,watch core endpoints,services",
    "read core nodes",
    EVENTS,
    "list,watch networking.k8s.io servicecidrs",
    "list,watch discovery.k8s.io endpointslices",
  ),
];

const certificates: ClusterRole[] = [
  role(
    "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
    "create certificates.k8s.io certificatesigningrequests/nodeclient",
  ),
  role(
    "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
    "create certificates.k8s.io certificatesigningrequests/selfnodeclient",
  ),
  approver("legacy-unknown", "legacy-unknown"),
  approver("kubelet-serving", "kubelet-serving"),
  approver("kube-apiserver-client", "kube-apiserver-client"),
  approver("kube-apiserver-client-kubelet", "kube-apiserver-client-kubelet"),
  role("system:cluster-trust-bundle-discovery", "read certificates.k8s.io clustertrustbundles"),
];

const ACCESS_REVIEWS = [
  "create authentication.k8s.io tokenreviews",
  "create authorization.k8s.io subjectaccessreviews",
];

const controlPlane: ClusterRole[] = [
  role("system:auth-delegator", ...ACCESS_REVIEWS),
  role("system:kube-aggregator", "read core endpoints,services"),
  role(
    "system:kube-controller-manager",
    EVENTS,
    "create coordination.k8s.io leases",
    "get,update coordination.k8s.io leases kube-controller-manager",
    "create core secrets,serviceaccounts",
    "delete core secrets",
    "get core configmaps,namespaces,secrets,serviceaccounts",
    "update core secrets,serviceaccounts",
    ...ACCESS_REVIEWS,
    "list,watch * *",
    "create core serviceaccounts/token",
  ),
  role(
    "system:kube-scheduler",
    EVENTS,
    "create coordination.k8s.io leases",
    "get,update,list,watch coordination.k8s.io leases kube-scheduler",
    "read,write coordination.k8s.io leasecandidates",
    "read core nodes",
    "read,delete core pods",
    "create core bindings,pods/binding",
    "patch,update core pods/status",
    "read core replicationcontrollers,services",
    "read apps,extensions replicasets",
    "read apps statefulsets",
    "read policy poddisruptionbudgets",
    "read core persistentvolumeclaims,persistentvolumes",
    ...ACCESS_REVIEWS,
    "read storage.k8s.io csinodes",
    "read storage.k8s.io volumeattachments",
    "read core namespaces",
    "read storage.k8s.io csidrivers",
    "read storage.k8s.io csistoragecapacities",
    "read resource.k8s.io deviceclasses",
    "read,update,patch resource.k8s.io resourceclaims",
    "read,update,patch resource.k8s.io resourceclaims/status",
    "update core pods/finalizers",
    "read resource.k8s.io resourceslices",
    "create,delete resource.k8s.io resourceclaims",
    "update,patch resource.k8s.io resourceclaims/binding",
  ),
  role(
    "system:volume-scheduler",
    "read,update,patch core persistentvolumes",
    "read storage.k8s.io storageclasses",
    "read,update,patch core persistentvolumeclaims",
  ),
];

const addons: ClusterRole[] = [
  role("system:heapster", "read core events,namespaces,nodes,pods", "read extensions deployments"),
  role("system:kube-dns", "list,watch core endpoints,services"),
  role(
    "system:persistent-volume-provisioner",
    "read,create,delete core persistentvolumes",
    "read,update core persistentvolumeclaims",
    "read storage.k8s.io storageclasses",
    "watch core events",
    EVENTS,
  ),
];

/** The `system:` roles of components and of everybody. */
export const systemRoles: readonly ClusterRole[] = [
  ...everybody,
  ...nodes,
  ...certificates,
  ...controlPlane,
  ...addons,
];

/** What installers of clusters add to upstream's own: the role of the DNS server. */
export const addedRoles: readonly ClusterRole[] = [
  role(
    "system:coredns",
    "list,watch core endpoints,namespaces,pods,services",
    "list,watch discovery.k8s.io endpointslices",
    "get core nodes",
  ),
  // Each machine answers the names that its own pods ask for, by the same right as it proxies their services.
  role("wherry:node-dns", "list,watch core namespaces"),
  role(
    "wherry:certificatesigningrequests:selfnodeserver",
    "create certificates.k8s.io certificatesigningrequests/selfnodeserver",
  ),
  role("wherry:kubelet-serving-approver", "approve certificates.k8s.io signers kubernetes.io/kubelet-serving"),
];
