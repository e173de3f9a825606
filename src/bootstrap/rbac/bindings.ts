import type { ClusterRoleBinding, Subject } from "../../api/generated/rbac.authorization.k8s.io/v1.ts";

const RBAC = "rbac.authorization.k8s.io";

export const group = (name: string): Subject => ({ kind: "Group", apiGroup: RBAC, name });
export const user = (name: string): Subject => ({ kind: "User", apiGroup: RBAC, name });
export const serviceAccount = (name: string): Subject => ({ kind: "ServiceAccount", name, namespace: "kube-system" });

function bind(role: string, subjects: Subject[], name = role): ClusterRoleBinding {
  const binding = { metadata: { name }, roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: role } };
  return subjects.length === 0 ? binding : { ...binding, subjects };
}

const AUTHENTICATED = group("system:authenticated");
const SERVICE_ACCOUNTS = group("system:serviceaccounts");

/** Who has which of the default roles. */
export const clusterRoleBindings: readonly ClusterRoleBinding[] = [
  bind("cluster-admin", [group("system:masters")]),
  bind("system:monitoring", [group("system:monitoring")]),
  bind("system:discovery", [AUTHENTICATED]),
  bind("system:basic-user", [AUTHENTICATED]),
  bind("system:public-info-viewer", [AUTHENTICATED, group("system:unauthenticated")]),
  bind("system:node-proxier", [user("system:kube-proxy")]),
  bind("system:kube-controller-manager", [user("system:kube-controller-manager")]),
  bind("system:kube-dns", [serviceAccount("kube-dns")]),
  bind("system:kube-scheduler", [user("system:kube-scheduler")]),
  bind("system:volume-scheduler", [user("system:kube-scheduler")]),
  // Nodes are the Node authorizer's: the binding stays, with nobody in it.
  bind("system:node", []),
  bind("system:service-account-issuer-discovery", [SERVICE_ACCOUNTS]),
  bind("system:cluster-trust-bundle-discovery", [SERVICE_ACCOUNTS]),
];

/** What installers of clusters add: the administrators' group, the DNS server, and how machines join and stay. */
export const addedBindings: readonly ClusterRoleBinding[] = [
  bind("cluster-admin", [group("kubeadm:cluster-admins")], "kubeadm:cluster-admins"),
  bind("system:coredns", [serviceAccount("coredns")]),
  bind("system:node-bootstrapper", [group("system:bootstrappers")], "kubeadm:kubelet-bootstrap"),
  bind(
    "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
    [group("system:bootstrappers")],
    "kubeadm:node-autoapprove-bootstrap",
  ),
  bind(
    "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
    [group("system:nodes")],
    "kubeadm:node-autoapprove-certificate-rotation",
  ),
  // A machine that joined serves its kubelet with a certificate for its own name, and proxies services.
  bind("wherry:certificatesigningrequests:selfnodeserver", [group("system:nodes")]),
  bind("wherry:kubelet-serving-approver", [serviceAccount("certificate-controller")]),
  bind("system:node-proxier", [group("wherry:agents")], "wherry:agents:node-proxier"),
  bind("wherry:node-dns", [user("system:kube-proxy"), group("wherry:agents")]),
];
